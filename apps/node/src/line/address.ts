/** Where a peer is reached. */
export type PeerAddress =
  | { readonly kind: 'direct'; readonly host: string; readonly port: number; readonly tls: boolean }
  | { readonly kind: 'relay'; readonly relay: RelayAddress }

/** A relay and the key it must show. */
export interface RelayAddress {
  readonly host: string
  readonly port: number
  /** SHA-256 of its TLS key. */
  readonly pin: string
}

const RELAY_PATH = /^\/([0-9a-f]{64})\/?$/

/** Reads `https://HOST:PORT/<pin>`; null: it is none. */
export function parseRelay(text: string): RelayAddress | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  const pin = RELAY_PATH.exec(url.pathname)?.[1]
  if (url.protocol !== 'https:' || pin === undefined || url.search !== '' || url.hash !== '' || url.username !== '')
    return null
  return { host: hostOf(url), port: Number(url.port || 443), pin }
}

/**
 * Reads `https://HOST:PORT` or `relay:https://HOST:PORT/<pin of the relay>`; with `allowHttp` also `http:` to this machine itself.
 * Null: it is none of these.
 */
export function parseAddress(text: string, { allowHttp }: { readonly allowHttp: boolean }): PeerAddress | null {
  if (text.length > 400) return null
  if (text.startsWith('relay:')) {
    const relay = parseRelay(text.slice('relay:'.length))
    return relay === null ? null : { kind: 'relay', relay }
  }
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.pathname !== '/') return null
  const host = hostOf(url)
  if (url.protocol === 'https:') return { kind: 'direct', host, port: Number(url.port || 443), tls: true }
  if (url.protocol === 'http:' && allowHttp && /^(localhost|::1|127(\.\d{1,3}){3})$/.test(host))
    return { kind: 'direct', host, port: Number(url.port || 80), tls: false }
  return null
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')
