import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Who may import whom, as docs/architecture.md tells it. A room that is not listed here may not exist. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/units': [],
  'packages/geo4d': ['units'],
  'packages/record': ['units'],
  'packages/journal': ['units', 'record'],
  'packages/airspace': ['units', 'geo4d'],
  'packages/line': ['units', 'geo4d', 'record'],
  'packages/contracts': ['units'],
  'packages/client': ['contracts', 'record', 'line', 'geo4d', 'units'],
  'packages/testkit': ['units', 'geo4d', 'record', 'line', 'journal', 'airspace', 'contracts', 'client'],
  'apps/node': ['units', 'geo4d', 'record', 'line', 'journal', 'airspace', 'contracts', 'client', 'testkit'],
  'apps/desk': ['client', 'contracts', 'airspace', 'record', 'line', 'geo4d', 'units'],
  'apps/cli': ['client', 'contracts', 'airspace', 'journal', 'record', 'line', 'geo4d', 'units'],
  bench: ['units', 'geo4d', 'record', 'line', 'journal', 'airspace', 'contracts', 'client', 'testkit'],
}

/** The files that no other file of the room may be without: rules that must not touch the world. */
const PURE = ['packages/units', 'packages/geo4d', 'packages/record', 'packages/line', 'packages/airspace']
const IMPURE = /^node:(fs|net|http|https|child_process|worker_threads|timers|os|process|dns|tls)(\/|$)/

const root = join(import.meta.dirname, '..')
const rooms = [
  ...['packages', 'apps'].flatMap((top) => readdirSync(join(root, top)).map((name) => `${top}/${name}`)),
  'bench',
].filter((room) => statSync(join(root, room)).isDirectory())

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return ['node_modules', 'dist', 'build'].includes(entry.name) ? [] : sourcesOf(path)
    return /\.tsx?$/.test(entry.name) ? [path] : []
  })
}

const IMPORT = /(?:\bfrom\s+|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g
const importsOf = (file: string): string[] =>
  Array.from(readFileSync(file, 'utf8').matchAll(IMPORT), ([, specifier]) => specifier ?? '')
const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file) || file.split(sep).includes('tests')

describe('architecture', () => {
  test('every room is known, and every known room exists', () => {
    expect(new Set(rooms)).toEqual(new Set(Object.keys(MAY_IMPORT)))
  })

  for (const room of rooms) {
    const allowed = MAY_IMPORT[room] ?? []
    test(`${room} imports only ${allowed.join(', ') || 'nothing of ours'}`, () => {
      const wrong: string[] = []
      for (const file of sourcesOf(join(root, room))) {
        for (const specifier of importsOf(file)) {
          const where = `${relative(root, file)} -> ${specifier}`
          const own = /^@parley\/([^/]+)/.exec(specifier)?.[1]
          if (own !== undefined && own !== room.split('/').at(-1) && !allowed.includes(own)) wrong.push(where)
          if (specifier.startsWith('.') && !join(file, '..', specifier).startsWith(join(root, room) + sep))
            wrong.push(where)
        }
      }
      expect(wrong).toEqual([])
    })

    test(`${room} declares in package.json what it imports of ours`, () => {
      const manifest = JSON.parse(readFileSync(join(root, room, 'package.json'), 'utf8')) as {
        dependencies?: object
        devDependencies?: object
      }
      const needed = Object.keys(manifest.dependencies ?? {})
      const needs = { shipped: needed, tests: [...needed, ...Object.keys(manifest.devDependencies ?? {})] }
      const missing = sourcesOf(join(root, room)).flatMap((file) =>
        importsOf(file)
          .map((specifier) => /^@parley\/[^/]+/.exec(specifier)?.[0])
          .filter((name) => name !== undefined && name !== `@parley/${room.split('/').at(-1)}`)
          .filter((name) => !needs[isTest(file) ? 'tests' : 'shipped'].includes(name as string))
          .map((name) => `${relative(root, file)} -> ${name}`),
      )
      expect(missing).toEqual([])
    })
  }

  for (const room of PURE) {
    test(`${room} is pure: no clock, no randomness, no input or output`, () => {
      const wrong = sourcesOf(join(root, room))
        .filter((file) => !isTest(file))
        .flatMap((file) => {
          const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
          const findings = importsOf(file).filter((specifier) => IMPURE.test(specifier))
          if (/\bMath\.random\(|\bcrypto\.random|\bperformance\.now\(/.test(text)) findings.push('randomness or timer')
          if (/\bDate\.now\(|\bnew Date\(\)/.test(text) && !file.endsWith(join('units', 'src', 'clock.ts')))
            findings.push('clock')
          return findings.map((finding) => `${relative(root, file)}: ${finding}`)
        })
      expect(wrong).toEqual([])
    })
  }
})
