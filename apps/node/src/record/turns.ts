/** Lets callers in one after the other, by name. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `task` when every earlier one of that name has ended, well or not. */
  async take<T>(name: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name)
    const mine = before === undefined ? task() : before.then(task, task)
    this.#last.set(name, mine)
    try {
      return await mine
    } finally {
      if (this.#last.get(name) === mine) this.#last.delete(name)
    }
  }
}
