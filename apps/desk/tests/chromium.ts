import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** A Chromium on this machine: `$CHROMIUM`, or one of the usual names on the path; null when there is none. */
export function findChromium(): string | null {
  const told = process.env['CHROMIUM']
  if (told !== undefined && told !== '') return existsSync(told) ? told : null
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)]
  for (const folder of folders) {
    for (const name of NAMES) {
      const file = join(folder, name)
      if (existsSync(file)) return file
    }
  }
  return null
}

/** Software drawing, and nothing that would reach for the network by itself. */
export const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
