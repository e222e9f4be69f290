/** A service under load: its origin, and who issues tokens for it. */
export interface Target {
  readonly url: URL
  /** Gives a token to whoever asks, by `intended_audience`, `scope`, `issuer` and `sub`. */
  readonly tokenUrl: URL
}

/** One of the suppliers that write. */
export interface Supplier {
  readonly sub: string
  readonly token: string
  readonly baseUrl: string
}

const SCOPE = 'utm.strategic_coordination'

/** Suppliers with a token each. */
export function enlist(target: Target, subs: readonly string[]): Promise<Supplier[]> {
  return Promise.all(
    subs.map(async (sub) => {
      const url = new URL(target.tokenUrl)
      url.searchParams.set('intended_audience', target.url.hostname)
      url.searchParams.set('scope', SCOPE)
      url.searchParams.set('issuer', 'bench')
      url.searchParams.set('sub', sub)
      const { access_token } = (await answerOf(await fetch(url))) as { access_token: string }
      return { sub, token: access_token, baseUrl: `https://${sub}.example.com/f3548` }
    }),
  )
}

/** The JSON of a path. @throws {Error} with status and body when it is not answered well */
export async function getJson(target: Target, path: string, supplier: Supplier | null): Promise<unknown> {
  const headers = supplier === null ? {} : { authorization: `Bearer ${supplier.token}` }
  return answerOf(await fetch(new URL(path, target.url), { headers }))
}

export async function putJson(
  target: Target,
  path: string,
  options: { supplier: Supplier; body: string },
): Promise<unknown> {
  const { supplier, body } = options
  const headers = { authorization: `Bearer ${supplier.token}`, 'content-type': 'application/json' }
  return answerOf(await fetch(new URL(path, target.url), { method: 'PUT', headers, body }))
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text.slice(0, 300)}`)
  return JSON.parse(text)
}

/** Start of a PUT of an operational intent; `path` is its id, and for an update its OVN after a slash. */
export function putHead(target: Target, supplier: Supplier, path: string): string {
  return `PUT /dss/v1/operational_intent_references/${path} HTTP/1.1\r\nhost: ${target.url.host}\r\nauthorization: Bearer ${supplier.token}\r\ncontent-type: application/json\r\n`
}
