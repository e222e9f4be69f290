import { ApiError } from '@parley/contracts'
import type { Handler, NodeContext } from '../exchange.ts'
import type { Issuer } from '../issuer.ts'
import { isLoopback } from '../options.ts'

type TokenOperation = 'issueToken' | 'getKeySet' | 'getPublicKey'

/** The development token issuer; where it is off, its paths say so. */
export function tokenHandlers({ issuer, options }: NodeContext): { readonly [Id in TokenOperation]: Handler } {
  const running = (): Issuer => {
    if (issuer === null)
      throw new ApiError('NOT_FOUND', { message: 'this node issues no tokens; ask the authority of the pool' })
    return issuer
  }
  return {
    async issueToken({ query, request, reply }) {
      const own = running()
      // A page elsewhere could point a name of its own at this machine: only names that mean this node are served.
      const { hostname } = request
      if (!isLoopback(hostname.replace(/^\[|\]$/g, '')) && !options.audiences.includes(hostname))
        throw new ApiError('NOT_FOUND', {
          message: 'tokens are issued under loopback names and this node’s audiences only',
        })
      reply.header('cache-control', 'no-store')
      const expire = query['expire']
      return {
        body: await own.issue({
          audience: String(query['intended_audience']),
          scope: String(query['scope']),
          issuer: String(query['issuer'] ?? 'parley-development'),
          sub: String(query['sub'] ?? 'fake_uss'),
          expireS: expire === undefined ? null : Number(expire),
        }),
      }
    },
    getKeySet: () => ({ body: running().jwks }),
    getPublicKey({ reply }) {
      const { publicKeyPem } = running()
      reply.type('application/x-pem-file')
      return { body: publicKeyPem }
    },
  }
}
