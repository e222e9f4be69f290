import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { exactClearing, type Outline, type Volume4D, volumesIntersect } from '@parley/geo4d'
import { epochMs, metresHae } from '@parley/units'
import type { Blocking, Clearing, Decision, WireEntity, WireReference, WireVolume4D } from '../src/wire.ts'
import { volumesFromWire, volumeToWire } from '../src/wire.ts'
import type { FixtureLine } from './fixture-line.ts'
import type { FixtureLog } from './fixture-log.ts'

/**
 * A stand-in for a node, for looking at the page and for its browser test: serves the built page and answers
 * `/parley/v1` and the few F3548 paths the desk uses from memory, with the end state of the fire scenario.
 */

const CSP = "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'"

const DAY_MS = 86_400_000
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
}

interface TextVolume {
  outline: string
  heights: { lower: number; upper: number; unit: string; reference: string }
  from: string
  to: string
}

interface Scenario {
  title: Record<string, string>
  notice: Record<string, string>
  geoid: { undulation_m: number }
  outlines: Record<
    string,
    { kind: 'circle'; lat: number; lng: number; radius_m: number } | { kind: 'polygon'; vertices: [number, number][] }
  >
  constraints: { label: string; name: string; revisions: Record<string, TextVolume[]> }[]
  intents: { label: string; name: string; user: string; revisions: Record<string, TextVolume[]> }[]
  users: { label: string; supplier: string }[]
  suppliers: { label: string; manager: string }[]
}

export interface FixtureOptions {
  readonly distDir: string
  readonly scenarioFile: string
  readonly nowMs?: number
  readonly issuer?: boolean
  readonly exact?: boolean
  /** Plans beside those of the scenario, for looking at a full pool. */
  readonly extraPlans?: number
  /** Any free one unless told. */
  readonly port?: number
  /** Nothing filed yet. */
  readonly empty?: boolean
  /** The lines of the node; none unless told. */
  readonly line?: Pick<FixtureLine, 'handle'>
  /** The log of the pool; none unless told. */
  readonly log?: FixtureLog
}

export interface Fixture {
  readonly url: string
  readonly port: number
  /** Requests seen, `METHOD path`. */
  readonly seen: string[]
  /** While true every answer of `/parley/v1` is a 503. */
  broken: boolean
  /** May be replaced while the node runs. */
  log: FixtureLog | null
  close(): Promise<void>
}

const uuidOf = (index: number): string => `5ca1ab1e-0000-4000-8000-${String(index).padStart(12, '0')}`

export async function startFixtureNode(options: FixtureOptions): Promise<Fixture> {
  const scenario = JSON.parse(readFileSync(options.scenarioFile, 'utf8')) as Scenario
  const startedMs = Date.now()
  const epochOfNow = options.nowMs ?? startedMs
  const nowMs = (): number => epochOfNow + Date.now() - startedMs
  const midnightMs = Math.floor(epochOfNow / DAY_MS) * DAY_MS + DAY_MS

  const outlineOf = (name: string): Outline => {
    const outline = scenario.outlines[name]
    if (outline === undefined) throw new Error(`no outline ${name}`)
    return (
      outline.kind === 'circle'
        ? { kind: 'circle', centre: { latDeg: outline.lat, lngDeg: outline.lng }, radiusM: outline.radius_m }
        : { kind: 'polygon', vertices: outline.vertices.map(([latDeg, lngDeg]) => ({ latDeg, lngDeg })) }
    ) as Outline
  }
  const clockMs = (text: string): number => {
    const [hours = 0, minutes = 0] = text.replace('Z', '').split(':').map(Number)
    return midnightMs + (hours * 60 + minutes) * 60_000
  }
  const volumeOf = (text: TextVolume): Volume4D => ({
    outline: outlineOf(text.outline),
    altitudeLowerM: metresHae(text.heights.lower * 0.3048 + scenario.geoid.undulation_m),
    altitudeUpperM: metresHae(text.heights.upper * 0.3048 + scenario.geoid.undulation_m),
    startMs: epochMs(clockMs(text.from)),
    endMs: epochMs(clockMs(text.to)),
  })
  const managerOf = (user: string): string => {
    const supplier = scenario.users.find(({ label }) => label === user)?.supplier
    return scenario.suppliers.find(({ label }) => label === supplier)?.manager ?? user
  }

  interface Held {
    entity: 'operational_intent' | 'constraint'
    reference: WireReference
    volumes: WireVolume4D[]
    ovn: string
  }
  const held = new Map<string, Held>()
  const decisions: Decision[] = []
  const streams = new Set<ServerResponse>()
  let head = 0

  const hold = (entity: Held['entity'], id: string, manager: string, volumes: WireVolume4D[]): Held => {
    const parsed = volumesFromWire(volumes)
    const entry: Held = {
      entity,
      volumes,
      ovn: `ovn-of-${id}-${head + 1}`,
      reference: {
        id,
        manager,
        uss_availability: 'Unknown',
        version: 1,
        ...(entity === 'operational_intent' ? { state: 'Accepted' } : {}),
        time_start: { value: new Date(Math.min(...parsed.map((v) => v.startMs))).toISOString(), format: 'RFC3339' },
        time_end: { value: new Date(Math.max(...parsed.map((v) => v.endMs))).toISOString(), format: 'RFC3339' },
        uss_base_url: `https://${manager}.example/uss`,
      },
    }
    held.set(id, entry)
    return entry
  }
  const decide = (part: Omit<Decision, 'seq' | 'at' | 'simulated'>): Decision => {
    head++
    const decision: Decision = { seq: head, at: new Date(nowMs()).toISOString(), simulated: true, ...part }
    decisions.push(decision)
    for (const stream of streams) {
      stream.write(`event: decision\nid: ${decision.seq}\ndata: ${JSON.stringify(decision)}\n\n`)
    }
    return decision
  }
  const judge = (plan: readonly Volume4D[], key: readonly string[], ignore?: string) => {
    const blocking: Blocking[] = []
    const obstacles: Volume4D[] = []
    for (const [id, other] of held) {
      if (id === ignore || key.includes(other.ovn)) continue
      const theirs = volumesFromWire(other.volumes)
      const pairs = plan.flatMap((a) => theirs.filter((b) => volumesIntersect(a, b)).map((b) => ({ a, b })))
      const [pair] = pairs
      if (pair === undefined) continue
      obstacles.push(...theirs)
      const height =
        Math.min(pair.a.altitudeUpperM, pair.b.altitudeUpperM) - Math.max(pair.a.altitudeLowerM, pair.b.altitudeLowerM)
      const time = (Math.min(pair.a.endMs, pair.b.endMs) - Math.max(pair.a.startMs, pair.b.startMs)) / 1000
      blocking.push({
        entity: other.entity,
        id,
        manager: other.reference.manager,
        overlaps: true,
        axis: height / 100 < time / 3600 ? 'height' : 'time',
        height_m: height,
        time_s: time,
        distance_m: 0,
      })
    }
    const found = exactClearing(plan, obstacles, {
      earliestStartMs: epochMs(nowMs()),
      latestEndMs: epochMs(nowMs() + 30 * DAY_MS),
      lowestM: metresHae(-8000),
      highestM: metresHae(100_000),
    })
    const clearing: Clearing = {
      ...(found.laterMs === undefined ? {} : { later_s: found.laterMs / 1000 }),
      ...(found.earlierMs === undefined ? {} : { earlier_s: found.earlierMs / 1000 }),
      ...(found.upM === undefined ? {} : { up_m: found.upM }),
      ...(found.downM === undefined ? {} : { down_m: found.downM }),
    }
    return { blocking, clearing }
  }

  const ids = new Map<string, string>()
  for (const [index, { label }] of [...scenario.constraints, ...scenario.intents].entries())
    ids.set(label, uuidOf(index + 1))
  const revision = (label: string, name: string): WireVolume4D[] => {
    const found = [...scenario.constraints, ...scenario.intents].find((each) => each.label === label)?.revisions[name]
    if (found === undefined) throw new Error(`no revision ${label}/${name}`)
    return found.map((text) => volumeToWire(volumeOf(text)))
  }
  const accept = (entity: Held['entity'], label: string, name: string, manager: string, action = 'create'): void => {
    const id = ids.get(label) as string
    const volumes = revision(label, name)
    const entry = hold(entity, id, manager, volumes)
    decide({
      kind: entity,
      action,
      outcome: 'accepted',
      manager,
      id,
      status: 201,
      reference: entry.reference,
      extents: volumes,
    })
  }
  const refuse = (label: string, name: string, manager: string): void => {
    const volumes = revision(label, name)
    decide({
      kind: 'operational_intent',
      action: 'create',
      outcome: 'refused',
      manager,
      id: ids.get(label) as string,
      status: 409,
      code: 'missing-ovns',
      message: 'The key lacks OVNs of relevant items.',
      extents: volumes,
      ...judge(
        volumesFromWire(volumes),
        [...held.values()]
          .filter(({ entity }) => entity === 'constraint' && label !== 'news-drone')
          .map(({ ovn }) => ovn),
      ),
    })
  }
  const of = (label: string): string => managerOf(scenario.intents.find((each) => each.label === label)?.user ?? '')
  if (options.empty !== true) {
    accept('constraint', 'closure', 'to-6500', managerOf('pt-fire'))
    accept('operational_intent', 'survey-drone', 'morning', of('survey-drone'))
    accept('operational_intent', 'pt-canadair', 'whole-time', of('pt-canadair'))
    refuse('es-foca-43', 'whole-time', of('es-foca-43'))
    accept('operational_intent', 'pt-canadair', 'slots', of('pt-canadair'), 'update')
    accept('operational_intent', 'es-foca-43', 'slots', of('es-foca-43'))
    accept('operational_intent', 'es-heli-brif', 'north-flank', of('es-heli-brif'))
    accept('operational_intent', 'pt-heli', 'south-flank', of('pt-heli'))
    refuse('news-drone', 'low', of('news-drone'))
    accept('operational_intent', 'medevac', 'lobios-ourense', of('medevac'))
    accept('operational_intent', 'news-helo', 'above-closure', of('news-helo'))
    accept('constraint', 'closure', 'to-8500', managerOf('pt-fire'), 'update')
  }

  for (let index = 0; index < (options.extraPlans ?? 0); index++) {
    const [row, column] = [Math.floor(index / 100), index % 100]
    const centre = { latDeg: 41 + row * 0.02, lngDeg: -9 + column * 0.02 }
    const startMs = midnightMs + (index % 96) * 900_000
    const plan = {
      outline: { kind: 'circle', centre, radiusM: 400 },
      altitudeLowerM: 3000,
      altitudeUpperM: 3100,
      startMs,
      endMs: startMs + 1_800_000,
    } as Volume4D
    hold('operational_intent', uuidOf(1000 + index), `sim-extra-${index % 9}`, [volumeToWire(plan)])
  }

  const seen: string[] = []
  const fixture: Pick<Fixture, 'broken' | 'log'> = { broken: false, log: options.log ?? null }

  const entitiesOf = (entity: Held['entity'], manager: string): WireEntity[] =>
    [...held.values()]
      .filter((each) => each.entity === entity)
      .map((each) => ({
        volumes: each.volumes,
        reference: { ...each.reference, ...(each.reference.manager === manager ? { ovn: each.ovn } : {}) },
      }))

  async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
    let text = ''
    for await (const piece of request) text += String(piece)
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fixture')
    seen.push(`${request.method} ${url.pathname}`)
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'content-security-policy': CSP })
      response.end(JSON.stringify(body))
    }
    const fail = (status: number, code: string, message: string): void => json(status, { code, message })
    const { pathname } = url
    if (pathname.startsWith('/line/v1') && options.line !== undefined) return options.line.handle(request, response)
    if (pathname.startsWith('/parley/') && fixture.broken) return fail(503, 'unavailable', 'The node is busy.')
    if (pathname === '/token') {
      const claims = {
        sub: url.searchParams.get('sub'),
        scope: url.searchParams.get('scope'),
        exp: Date.now() / 1000 + 3600,
      }
      const token = ['e30', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'x'].join('.')
      return options.issuer === false ? fail(404, 'not-found', 'no issuer') : json(200, { access_token: token })
    }
    if (pathname.startsWith('/log/') && fixture.log !== null) {
      const bytes = fixture.log.files.get(pathname.slice('/log/'.length))
      const open = pathname === '/log/checkpoint' || request.headers.authorization?.startsWith('Bearer ') === true
      if (bytes === undefined || !open) return fail(open ? 404 : 401, open ? 'not-found' : 'unauthorized', pathname)
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-security-policy': CSP })
      response.end(bytes)
      return
    }
    if (pathname === '/parley/v1/status') {
      const count = (entity: string): number => [...held.values()].filter((each) => each.entity === entity).length
      return json(200, {
        name: 'fixture',
        version: '0.1.0',
        simulated: true,
        exact: options.exact === true,
        compat: false,
        ...(fixture.log === null ? {} : { log: fixture.log.status }),
        ...(options.line === undefined ? {} : { line: { party: 'north', address: null, tables: [] } }),
        issuer: options.issuer !== false,
        nowMs: nowMs(),
        head,
        counts: {
          operational_intents: count('operational_intent'),
          constraints: count('constraint'),
          subscriptions: 2,
          identification_service_areas: 0,
        },
        scenario: { name: 'fire', title: scenario.title['en'], notice: scenario.notice['en'] },
      })
    }
    if (pathname.startsWith('/parley/') || pathname.startsWith('/dss/')) {
      const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
      if (bearer === undefined) return fail(401, 'no-token', 'A bearer token is needed.')
      const { sub } = JSON.parse(Buffer.from(bearer.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }
      if (pathname === '/parley/v1/scenario') {
        const flights = [...ids].map(([label, id]) => ({
          id,
          name: [...scenario.constraints, ...scenario.intents].find((each) => each.label === label)?.name,
        }))
        return json(200, { ...scenario, flights })
      }
      if (pathname === '/parley/v1/picture') {
        return json(200, {
          head,
          now: new Date(nowMs()).toISOString(),
          operational_intents: entitiesOf('operational_intent', sub),
          constraints: entitiesOf('constraint', sub),
        })
      }
      if (pathname === '/parley/v1/decisions') {
        const after = Number(url.searchParams.get('after'))
        const limit = Number(url.searchParams.get('limit'))
        return json(200, { head, decisions: decisions.filter(({ seq }) => seq > after).slice(0, limit) })
      }
      if (pathname === '/parley/v1/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
        response.write(': open\n\n')
        streams.add(response)
        request.on('close', () => streams.delete(response))
        return
      }
      if (pathname === '/parley/v1/checks') {
        const body = (await bodyOf(request)) as { extents: WireVolume4D[]; key?: string[]; ignore?: string }
        const found = judge(volumesFromWire(body.extents), body.key ?? [], body.ignore)
        return json(200, { verdict: found.blocking.length === 0 ? 'clear' : 'blocked', ...found })
      }
      const plan = /^\/dss\/v1\/operational_intent_references\/([^/]+)(?:\/([^/]+))?$/.exec(pathname)
      const id = plan?.[1]
      if (id !== undefined && request.method === 'PUT') {
        const body = (await bodyOf(request)) as { extents: WireVolume4D[]; key?: string[] }
        const found = judge(volumesFromWire(body.extents), body.key ?? [], id)
        const common = { kind: 'operational_intent', action: 'create', manager: sub, id, extents: body.extents }
        if (found.blocking.length > 0) {
          decide({
            ...common,
            outcome: 'refused',
            status: 409,
            code: 'missing-ovns',
            message: 'The key lacks OVNs.',
            ...found,
          })
          return json(409, { code: 'missing-ovns', message: 'The key lacks OVNs of relevant items.', ...found })
        }
        const entry = hold('operational_intent', id, sub, body.extents)
        decide({ ...common, outcome: 'accepted', status: 201, reference: entry.reference })
        return json(201, { subscribers: [], operational_intent_reference: { ...entry.reference, ovn: entry.ovn } })
      }
      if (id !== undefined && request.method === 'DELETE') {
        const entry = held.get(id)
        if (entry === undefined) return fail(404, 'not-found', 'No such plan.')
        held.delete(id)
        decide({
          kind: 'operational_intent',
          action: 'delete',
          outcome: 'accepted',
          manager: sub,
          id,
          status: 200,
          extents: entry.volumes,
        })
        return json(200, { subscribers: [], operational_intent_reference: entry.reference })
      }
      return fail(404, 'not-found', `Nothing at ${pathname}.`)
    }
    const file = join(options.distDir, pathname === '/' ? 'index.html' : pathname)
    if (pathname.includes('..') || !existsSync(file)) return fail(404, 'not-found', `Nothing at ${pathname}.`)
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': CSP,
    })
    response.end(readFileSync(file))
  }

  const server: Server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500)
      response.end(String(error))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return Object.assign(fixture, {
    url: `http://localhost:${port}/`,
    port,
    seen,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  })
}
