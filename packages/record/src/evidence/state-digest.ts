import { decodeBase64 } from '../base64.ts'
import type { JsonObject } from '../canonical-json.ts'
import { FieldReader } from '../keys/fields.ts'

/** The act by which a party says what its projection makes of the logs up to certain heads. */
export const STATE_DIGEST_KIND = 'state.digest'

/** A head up to which a log was projected. */
export interface ProjectedHead {
  readonly o: string
  readonly n: number
  /** Base64 of 32 bytes. */
  readonly r: string
}

export interface StateDigest {
  /** SHA-256 of the projected state, 64 lower-case hex digits. */
  readonly digest: string
  /** Ascending by log, each once. */
  readonly heads: readonly ProjectedHead[]
  /** Name and version of the projection, such as `table/3`: only equal ones can be held against each other. */
  readonly projection: string
}

/** Reads the body of a `state.digest` act. Throws INVALID_ACT_FIELD. */
export function parseStateDigest(body: JsonObject): StateDigest {
  const fields = new FieldReader(body, 'INVALID_ACT_FIELD', 'body').only('digest', 'heads', 'projection')
  const projection = fields.text('projection')
  if (!/^[a-z][a-z0-9-]*\/[1-9][0-9]*$/.test(projection)) {
    throw fields.refusal('projection', 'must be a name and a version, such as table/3')
  }
  const heads = fields.objects('heads').map((head): ProjectedHead => {
    head.only('n', 'o', 'r')
    const r = head.text('r')
    if (head.parsed('r', (text) => decodeBase64(text, 'r')).length !== 32)
      throw head.refusal('r', 'must be base64 of 32 bytes')
    return { o: head.text('o'), n: head.integer('n', { min: 0 }), r }
  })
  heads.forEach(({ o }, i) => {
    if (i > 0 && (heads[i - 1] as ProjectedHead).o >= o)
      throw fields.refusal('heads', 'must be ascending by log, each once')
  })
  return { digest: fields.pin('digest'), heads, projection }
}
