import { ApiError } from '@parley/contracts'
import { isLoopback, type NodeOptions } from '../options.ts'

const MAX_CHARS = 2048

/** Refuses what no supplier can be reached under. @throws {ApiError} `INVALID_BASE_URL` */
export function checkBaseUrl(
  text: string,
  field: string,
  { allowHttpBaseUrls, compat, issuer }: Pick<NodeOptions, 'allowHttpBaseUrls' | 'compat' | 'issuer'>,
): void {
  const refuse = (rule: string): never => {
    throw new ApiError('INVALID_BASE_URL', {
      message: `${field}: ${rule}`,
      findings: [{ field, value: text.slice(0, 60), rule }],
    })
  }
  if (text.length > MAX_CHARS) refuse(`at most ${MAX_CHARS} characters`)
  // The parser is slow next to all else that a write costs, and suppliers send the same few URLs.
  const known = `${allowHttpBaseUrls ? 1 : 0}${compat ? 1 : 0}${issuer ? 1 : 0}${text}`
  if (accepted.has(known)) return
  // The parser would drop or mend these, and the text is kept as it was sent.
  if (/[\s\p{Cc}\p{Surrogate}]/u.test(text)) refuse('must not hold blanks, control characters or half characters')
  if (!URL.canParse(text)) refuse('must be an absolute URL')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse('must be https')
  // A development node knows suppliers on its own machine, where there is nobody between the two.
  const ownMachine = issuer && isLoopback(url.hostname)
  if (url.protocol === 'http:' && !allowHttpBaseUrls && !ownMachine)
    refuse('must be https; this node does not allow http')
  if (!compat && text.endsWith('/')) refuse('must not end in a slash: paths are appended to it')
  if (accepted.size >= 1000) accepted.clear()
  accepted.add(known)
}

const accepted = new Set<string>()
