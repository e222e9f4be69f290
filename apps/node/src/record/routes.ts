import { ApiError, SCOPE } from '@parley/contracts'
import { MAX_ADD_CHECKPOINT_BYTES, MAX_CONTINUE_LOG_BYTES } from '@parley/record'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { requireScopes, type TokenVerifier } from '../auth.ts'
import type { RateLimiter } from '../rate-limit.ts'
import type { ProtocolAnswer } from './answer.ts'
import { readResource } from './log-resource.ts'
import type { RecordService } from './service.ts'

const LOG_PREFIX = '/log/'
const MIRROR_PREFIX = '/mirror/'
const WITNESS_PREFIX = '/witness/'
/** Above what the pool takes in one request, written as an entry. */
const BLOB_LIMIT = 16 * 1024 * 1024
const OF_RECORD = { config: { record: true } } as const
const YEAR_S = 31_536_000

/** Any one of the standard's roles makes a member of the pool. */
const MEMBERS = [
  SCOPE.strategicCoordination,
  SCOPE.constraintManagement,
  SCOPE.constraintProcessing,
  SCOPE.conformanceMonitoring,
  SCOPE.availabilityArbitration,
].map((scope) => [scope])

export interface RecordRoutes {
  readonly record: RecordService
  readonly verifier: TokenVerifier
  readonly limiter: RateLimiter
  readonly nowMs: () => Parameters<RateLimiter['take']>[1]
}

/** Whether a path is read as a path of a log, byte by byte: one that no file of a log has is then simply not there. */
export const isRecordPath = (url: string): boolean =>
  url.startsWith(LOG_PREFIX) || url.startsWith(MIRROR_PREFIX) || url.startsWith(WITNESS_PREFIX)

/**
 * The node's log below `/log`, and what it witnesses and mirrors for others below `/witness` and `/mirror`: c2sp.org tlog-tiles,
 * tlog-witness and tlog-mirror.
 */
export async function registerRecordRoutes(app: FastifyInstance, routes: RecordRoutes): Promise<void> {
  const { record, verifier, limiter, nowMs } = routes
  const { log, witness, mirror } = record

  const mayRead = async (request: FastifyRequest): Promise<void> => {
    const { authorization } = request.headers
    const identity = verifier.known(authorization) ?? (await verifier.verify(authorization))
    requireScopes(identity, MEMBERS)
    limiter.take(identity.sub, nowMs())
  }
  const slowDown = (request: FastifyRequest): void => limiter.take(`address ${request.ip}`, nowMs())

  app.get(`${LOG_PREFIX}*`, OF_RECORD, async (request, reply) => {
    const below = pathBelow(LOG_PREFIX, request)
    // A log that was continued is read on below its number.
    const [, number, rest = below] = /^([1-9]\d{0,8})\/(.*)$/.exec(below) ?? []
    const [path, from] = number === undefined ? [below, log] : [rest, record.past.get(Number(number))]
    if (from === undefined) throw notThere()
    if (path === 'vkey') return send(reply, { bytes: Buffer.from(`${from.vkey}\n`), cache: 'no-cache' })
    const open = log.public || path === 'checkpoint'
    if (open) slowDown(request)
    else await mayRead(request)
    const found = await readResource(from, path)
    if (found === null) throw notThere()
    return send(reply, {
      ...found,
      cache: found.immutable ? `${log.public ? 'public' : 'private'}, max-age=${YEAR_S}, immutable` : 'no-store',
    })
  })

  if (witness !== null) {
    app.get(`${WITNESS_PREFIX}*`, OF_RECORD, async (request, reply) => {
      slowDown(request)
      const path = pathBelow(WITNESS_PREFIX, request)
      if (path === 'vkey') return send(reply, { bytes: vkeysOf(witness.vkeys), cache: 'no-cache' })
      const [, origin, name] = /^([0-9a-f]{64})\/(checkpoint|continuation)$/.exec(path) ?? []
      const bytes =
        origin === undefined ? null : name === 'checkpoint' ? witness.checkpoint(origin) : witness.continuation(origin)
      if (bytes === null) throw notThere()
      return send(reply, { bytes, cache: 'no-store' })
    })
    await app.register(async (scope) => {
      takeAnyBody(scope)
      scope.post(
        `${WITNESS_PREFIX}add-checkpoint`,
        { ...OF_RECORD, bodyLimit: MAX_ADD_CHECKPOINT_BYTES },
        async (request, reply) => {
          slowDown(request)
          return answer(reply, await witness.addCheckpoint(bodyOf(request)))
        },
      )
      scope.post(
        `${WITNESS_PREFIX}continue-log`,
        { ...OF_RECORD, bodyLimit: MAX_CONTINUE_LOG_BYTES },
        async (request, reply) => {
          slowDown(request)
          return answer(reply, await witness.continueLog(bodyOf(request)))
        },
      )
    })
  }

  if (mirror !== null) {
    app.get(`${MIRROR_PREFIX}*`, OF_RECORD, async (request, reply) => {
      slowDown(request)
      const path = pathBelow(MIRROR_PREFIX, request)
      if (path === 'vkey') return send(reply, { bytes: vkeysOf(mirror.vkeys), cache: 'no-cache' })
      if (path.slice(64) === '/continuation') {
        const bytes = mirror.continuation(path.slice(0, 64))
        if (bytes === null) throw notThere()
        return send(reply, { bytes, cache: 'no-store' })
      }
      const copy = mirror.copy(path.slice(0, 64))
      const found = copy === null || path[64] !== '/' ? null : await readResource(copy, path.slice(65))
      if (found === null) throw notThere()
      return send(reply, { ...found, cache: found.immutable ? `public, max-age=${YEAR_S}, immutable` : 'no-store' })
    })
    await app.register(async (scope) => {
      takeAnyBody(scope)
      scope.post(
        `${MIRROR_PREFIX}add-checkpoint`,
        { ...OF_RECORD, bodyLimit: MAX_ADD_CHECKPOINT_BYTES },
        async (request, reply) => {
          slowDown(request)
          return answer(reply, await mirror.addCheckpoint(bodyOf(request)))
        },
      )
      scope.post(
        `${MIRROR_PREFIX}continue-log`,
        { ...OF_RECORD, bodyLimit: MAX_CONTINUE_LOG_BYTES },
        async (request, reply) => {
          slowDown(request)
          return answer(reply, await mirror.continueLog(bodyOf(request)))
        },
      )
      scope.put(`${MIRROR_PREFIX}:origin/blob/:sha256`, {
        ...OF_RECORD,
        bodyLimit: BLOB_LIMIT,
        // Nothing is read that no entry has asked for.
        async onRequest(request) {
          slowDown(request)
          const { origin, sha256 } = request.params as BlobPath
          const wanted = mirror.wantedBlob(origin, sha256)
          if (wanted === null) throw notThere()
          if (Number(request.headers['content-length']) !== wanted)
            throw new ApiError('RECORD_MALFORMED', { message: `the entry that is named has ${wanted} bytes` })
        },
        async handler(request, reply) {
          const { origin, sha256 } = request.params as BlobPath
          return answer(reply, await mirror.addBlob(origin, sha256, bodyOf(request)))
        },
      })
    })
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      // The body is read as it comes, and only as far as it is good.
      scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
      scope.post(`${MIRROR_PREFIX}add-entries`, OF_RECORD, async (request, reply) => {
        slowDown(request)
        reply.header('accept-encoding', 'gzip')
        const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
        if (type !== 'application/octet-stream')
          throw new ApiError('UNSUPPORTED_MEDIA_TYPE', {
            message: 'the body is not declared as application/octet-stream',
          })
        const encoding = request.headers['content-encoding']?.toLowerCase()
        if (encoding !== undefined && encoding !== 'gzip' && encoding !== 'identity')
          throw new ApiError('UNSUPPORTED_MEDIA_TYPE', { message: 'the body may be compressed by gzip only' })
        return answer(reply, await mirror.addEntries(request.raw, { gzip: encoding === 'gzip' }))
      })
    })
  }
}

interface BlobPath {
  readonly origin: string
  readonly sha256: string
}

function takeAnyBody(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

const EMPTY = new Uint8Array(0)
const bodyOf = (request: FastifyRequest): Uint8Array => (request.body instanceof Uint8Array ? request.body : EMPTY)

/** The path as it stands in the request line: nothing is decoded, a query is not part of it. */
const pathBelow = (prefix: string, request: FastifyRequest): string =>
  (request.raw.url ?? '').split('?', 1)[0]?.slice(prefix.length) ?? ''

const notThere = (): ApiError => new ApiError('NOT_FOUND', { message: 'the log has nothing at this path' })
const vkeysOf = (vkeys: readonly string[]): Buffer => Buffer.from(vkeys.map((vkey) => `${vkey}\n`).join(''))

interface Sent {
  readonly bytes: Uint8Array
  readonly contentType?: string
  readonly cache: string
}

const send = (reply: FastifyReply, { bytes, contentType = 'text/plain; charset=utf-8', cache }: Sent): FastifyReply =>
  reply
    .header('content-type', contentType)
    .header('cache-control', cache)
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))

function answer(reply: FastifyReply, { status, contentType, body, retryAfterS }: ProtocolAnswer): FastifyReply {
  if (retryAfterS !== undefined) reply.header('retry-after', String(retryAfterS))
  reply.code(status).header('content-type', contentType).header('cache-control', 'no-store')
  return reply.send(typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength))
}
