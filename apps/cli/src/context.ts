import type { CommandContext } from '@stricli/core'

/** What a command sees of the process: its outputs, and where it leaves its exit code. */
export interface CliProcess {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
  readonly env?: Readonly<Partial<Record<string, string>>>
  exitCode?: number | string | null
}

export interface CliContext extends CommandContext {
  readonly process: CliProcess
  readonly version: string
}
