import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type SimulatedSide, simulatedSide } from '@parley/testkit'
import { writeDurably } from '../record/durable-file.ts'

const FILE = 'simulated-officers.json'
const SECRET_HEX = /^[0-9a-f]{64}$/

/** What makes the people of a simulated side: kept with the side's data, so that they are the same after a restart. */
interface OfficersFile {
  readonly table: string
  readonly party: string
  /** 32 bytes, hex. */
  readonly secret: string
}

/** The simulated people whose secret lies in the folder; null when none does. */
export async function readSimulatedSide(dataDir: string): Promise<(SimulatedSide & { readonly table: string }) | null> {
  const text = await readFile(join(dataDir, FILE), 'utf8').catch(() => null)
  if (text === null) return null
  const { table, party, secret } = JSON.parse(text) as OfficersFile
  if (typeof table !== 'string' || typeof party !== 'string' || !SECRET_HEX.test(secret)) return null
  return { table, ...simulatedSide(table, party, Buffer.from(secret, 'hex')) }
}

/** The simulated people of a side, made the first time they are asked for. */
export async function simulatedSideIn(
  dataDir: string,
  about: { readonly table: string; readonly party: string },
): Promise<SimulatedSide> {
  const there = await readSimulatedSide(dataDir)
  if (there !== null && there.table === about.table && there.party === about.party) return there
  const file: OfficersFile = { ...about, secret: randomBytes(32).toString('hex') }
  await mkdir(dataDir, { recursive: true })
  await writeDurably(join(dataDir, FILE), `${JSON.stringify(file)}\n`)
  return simulatedSide(about.table, about.party, Buffer.from(file.secret, 'hex'))
}
