import { randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { ApiError } from '@parley/contracts'
import type { FastifyRequest } from 'fastify'
import { StartRefused } from '../errors.ts'
import { isLoopback } from '../options.ts'
import { writeDurably } from '../record/durable-file.ts'

/** The token of the node's own people in `<dataDir>/keys/desk.token`, made at the first start. @throws {StartRefused} */
export async function openDeskToken(dataDir: string): Promise<string> {
  const dir = join(dataDir, 'keys')
  const file = join(dir, 'desk.token')
  try {
    const token = (await readFile(file, 'utf8')).trim()
    if (/^[0-9a-f]{64}$/.test(token)) return token
    throw new StartRefused(`${file} holds no token: remove it, and the next start makes another`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await writeDurably(file, `${randomBytes(32).toString('hex')}\n`).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  })
  return openDeskToken(dataDir)
}

/**
 * Lets in who is of the node's own people: a request from this machine that names it by a loopback name, so that no page elsewhere can be
 * led here by DNS, or one that carries the token. A page of another origin is never let in.
 *
 * @throws {ApiError} 401, 403
 */
export function admit(request: FastifyRequest, token: string): void {
  const { host = '', origin, authorization } = request.headers
  const fetchSite = request.headers['sec-fetch-site']
  if (fetchSite === 'cross-site' || (origin !== undefined && !sameHost(origin, host)))
    throw new ApiError('LINE_ORIGIN_FOREIGN')
  const sent = /^Bearer ([0-9a-f]{64})$/.exec(authorization ?? '')?.[1]
  if (sent !== undefined && timingSafeEqual(Buffer.from(sent), Buffer.from(token))) return
  const from = request.socket.remoteAddress ?? ''
  if (isLoopback(plainAddress(from)) && isLoopback(hostName(host))) return
  throw new ApiError('LINE_ACCESS_DENIED')
}

const plainAddress = (address: string): string => address.replace(/^::ffff:/, '')

function hostName(host: string): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'))
  return isIP(host) === 6 ? host : (host.split(':', 1)[0] ?? '').toLowerCase()
}

const sameHost = (origin: string, host: string): boolean =>
  URL.canParse(origin) && new URL(origin).host === host.toLowerCase()
