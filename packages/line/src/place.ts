/** An act by the log and the index it stands at. */
export interface ActPlace {
  readonly origin: string
  readonly index: number
}
