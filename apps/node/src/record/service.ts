import type { LogStatus } from '@parley/contracts'
import { isJournalError, type Journal } from '@parley/journal'
import { checkKeyName, checkOrigin, isRecordError, type VerifierKey } from '@parley/record'
import type { Clock } from '@parley/units'
import { StartRefused } from '../errors.ts'
import { CosignerLink } from './cosigner-link.ts'
import type { CosignerSigners } from './cosigner-keys.ts'
import { type CosignerSpec, parseCosigners, parseLogKeys } from './cosigner-spec.ts'
import { eventLines, type TellEvent } from './events.ts'
import { EvidenceStore } from './evidence-store.ts'
import { HttpClient } from './http-client.ts'
import { type HeldKey, openKey, retireKey } from './key-files.ts'
import { Mirror } from './mirror.ts'
import type { RecordOptions } from './options.ts'
import { logOf, type OwnLog, ownLog } from './own-log.ts'
import { awaitAcceptance, sealPast } from './hand-over.ts'
import type { LogPlace } from './log-place.ts'
import type { ReadableLog } from './log-resource.ts'
import { holdAgainstCosigners, refuseUnlessSigning } from './start-rule.ts'
import { Witness } from './witness.ts'

/** The flags about the record, read. */
export interface RecordPlan {
  readonly options: RecordOptions
  readonly cosigners: readonly CosignerSpec[]
  readonly witnessed: readonly VerifierKey[]
  readonly mirrored: readonly VerifierKey[]
}

/** @throws {StartRefused} for a flag that cannot be meant */
export function planRecord(options: RecordOptions): RecordPlan {
  const { origin } = options
  if (origin !== null) {
    try {
      checkKeyName(origin)
      checkOrigin(origin)
    } catch (cause) {
      if (!isRecordError(cause)) throw cause
      throw new StartRefused(`--origin ${origin.slice(0, 300)} cannot name a log: ${cause.message}`, {}, { cause })
    }
  }
  return {
    options,
    cosigners: parseCosigners(options.cosigners),
    witnessed: parseLogKeys('--witness-for', options.witnessFor),
    mirrored: parseLogKeys('--mirror-for', options.mirrorFor),
  }
}

/** The key of the node's log; its name is the log's origin. @throws {StartRefused} */
export async function openLogKey(dataDir: string, { origin }: RecordOptions): Promise<HeldKey> {
  const key = await openKey(dataDir, { role: 'log', name: (label) => origin ?? `pool.parley/${label}/1` })
  const { name } = key.signer.key
  if (origin !== null && name !== origin)
    throw new StartRefused(
      `the log of ${dataDir} is named ${name}, and a log never changes its name: leave out --origin ${origin}, or start another log by --data`,
    )
  return key
}

export interface RecordEnvironment {
  readonly dataDir: string
  readonly clock: Clock
  readonly log: (line: string) => void
}

/** All of the record that runs in a node: its own log and who cosigns it, and what it witnesses and mirrors for others. */
export interface RecordService extends AsyncDisposable {
  readonly log: OwnLog
  /** The logs that this one continues, by number, for reading. */
  readonly past: ReadonlyMap<number, ReadableLog & { readonly vkey: string }>
  readonly witness: Witness | null
  readonly mirror: Mirror | null
  status(): LogStatus
  /** Begins to bring heads to the cosigners; `onFork` is told once it is proven that this log must not be continued. */
  start(onFork: (message: string) => void): void
  /** There is a newer head. */
  wake(): void
  close(): Promise<void>
}

/**
 * Holds the log of `journal` against its cosigners, so that it may be written from then on, and opens witness and mirror.
 *
 * @throws {StartRefused} when the log may not be written, or a folder cannot be used
 */
export async function openRecord(
  plan: RecordPlan,
  { journal, key, handover }: { readonly journal: Journal; readonly key: HeldKey; readonly handover: LogPlace | null },
  { dataDir, clock, log: say }: RecordEnvironment,
): Promise<RecordService> {
  const { options, cosigners } = plan
  const log = logOf(journal)
  const tell = eventLines(say, clock)
  const evidence = new EvidenceStore(dataDir)
  const http = new HttpClient()
  const opened: { close(): Promise<void> }[] = []
  try {
    if (cosigners.length === 0) refuseUnlessSigning(log)
    else
      await holdAgainstCosigners({
        journal,
        signer: key.signer,
        cosigners,
        http,
        requireCosigner: options.requireCosigner,
        tell,
        log: say,
      })
    const shared = { dataDir, clock, evidence, tell }
    await retireKeys(dataDir, options.retireKeys, say)
    const witness =
      plan.witnessed.length === 0
        ? null
        : await Witness.open({ ...shared, logs: plan.witnessed, ...(await cosigningKeys('witness', dataDir, options)) })
    if (witness !== null) opened.push(witness)
    const mirror =
      plan.mirrored.length === 0
        ? null
        : await Mirror.open({
            ...shared,
            logs: plan.mirrored,
            quotaBytes: options.mirrorQuotaBytes,
            ...(await cosigningKeys('mirror', dataDir, options)),
          })
    if (mirror !== null) opened.push(mirror)
    const service = serviceOf({ plan, journal, handover, witness, mirror, http, ...shared })
    opened.push(service)
    if (handover !== null) {
      service.start(() => undefined)
      await awaitAcceptance(log, cosigners)
      await sealPast(handover, tell)
    }
    return service
  } catch (error) {
    for (const one of opened.toReversed()) await one.close()
    http.close()
    if (isJournalError(error)) throw new StartRefused(error.message, { code: error.code }, { cause: error })
    throw error
  }
}

interface Parts {
  readonly plan: RecordPlan
  readonly journal: Journal
  readonly handover: LogPlace | null
  readonly witness: Witness | null
  readonly mirror: Mirror | null
  readonly http: HttpClient
  readonly clock: Clock
  readonly evidence: EvidenceStore
  readonly tell: TellEvent
}

function serviceOf({ plan, journal, handover, witness, mirror, http, clock, evidence, tell }: Parts): RecordService {
  const log = logOf(journal)
  const own = ownLog(log, { public: plan.options.publicLog })
  let fork: (message: string) => void = () => undefined
  const links = plan.cosigners.map(
    (spec) =>
      new CosignerLink({
        spec,
        log,
        http,
        clock,
        heartbeatMs: plan.options.heartbeatMs,
        evidence,
        tell,
        onFork: (message) => fork(message),
      }),
  )
  const past = new Map(
    (handover?.past ?? []).map(({ number, journal: before }) => [
      number,
      ownLog(logOf(before), { public: plan.options.publicLog }),
    ]),
  )
  let started = false
  let closing: Promise<void> | null = null
  const close = (): Promise<void> => {
    closing ??= (async () => {
      const ended = links.map((link) => link.close())
      // Nobody waits for a cosigner that is slow to answer.
      http.close()
      await Promise.all(ended)
      await witness?.close()
      await mirror?.close()
    })()
    return closing
  }
  return {
    log: own,
    past,
    witness,
    mirror,
    status: () => ({
      origin: own.origin,
      vkey: own.vkey,
      size: own.size(),
      url: '/log',
      public: own.public,
      cosigners: links.map((link) => link.status()),
    }),
    start(onFork) {
      fork = onFork
      if (started) return
      started = true
      for (const link of links) link.start()
    },
    wake() {
      for (const link of links) link.wake()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Puts the keys aside that others take over from. A name that no key here has is told: it may be a mistake, or done already. */
async function retireKeys(dataDir: string, names: readonly string[], say: (line: string) => void): Promise<void> {
  if (names.length === 0) return
  const retired = [await retireKey(dataDir, 'witness', names), await retireKey(dataDir, 'mirror', names)]
  for (const name of names)
    say(
      retired.includes(name)
        ? `the key ${name} signs no more. Tell the operators of the logs the new one, which stands in ${dataDir}/keys`
        : `--retire-key ${name}: no key of that name signs here`,
    )
}

async function cosigningKeys(
  role: 'witness' | 'mirror',
  dataDir: string,
  { pq }: RecordOptions,
): Promise<{ readonly signers: CosignerSigners; readonly vkeys: readonly string[] }> {
  const key = await openKey(dataDir, { role, name: (label) => `${role}.parley/${label}` })
  const { name } = key.signer.key
  const pqKey = pq ? await openKey(dataDir, { role: `${role}-pq`, name: () => name }) : null
  return {
    signers: { signer: key.signer, pq: pqKey?.signer ?? null },
    vkeys: [key.vkey, ...(pqKey === null ? [] : [pqKey.vkey])],
  }
}
