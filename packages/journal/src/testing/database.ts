import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Runs `body`, JavaScript with the journal's `db` and zlib's `crc32` in scope, on a closed journal, and gives what it
 * returns by way of JSON. In a process of its own: a connection of this one would let go of its locks too late.
 */
export function inDatabase(dir: string, body: string): unknown {
  const script = `
    import Database from 'libsql'
    import { crc32 } from 'node:zlib'
    import { writeFileSync } from 'node:fs'
    const db = new Database(${JSON.stringify(join(dir, 'journal.db'))})
    const result = (() => { ${body} })()
    db.close()
    writeFileSync(1, JSON.stringify(result ?? null))`
  const said = execFileSync(process.execPath, ['--input-type=module', '-'], {
    cwd: HERE,
    input: script,
    maxBuffer: 64 << 20,
  })
  return JSON.parse(said.toString())
}

/** Every stored tile as text, in order: equal texts are equal bytes. */
export function storedTiles(dir: string): string[] {
  return inDatabase(
    dir,
    `return db.prepare('SELECT level, idx, crc32, bytes FROM tile ORDER BY level, idx').raw().all([])
       .map(([level, index, sum, bytes]) => [level, index, sum, bytes.toString('base64')].join(' '))`,
  ) as string[]
}

/** Sizes of the stored heads over any entries. */
export function storedHeads(dir: string): number[] {
  return inDatabase(
    dir,
    `return db.prepare('SELECT size FROM checkpoint WHERE size > 0 ORDER BY size').raw().all([]).map(([size]) => size)`,
  ) as number[]
}
