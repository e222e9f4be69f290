import { buildCommand, buildRouteMap } from '@stricli/core'
import type { CliContext } from '../context.ts'
import { count, flag, OUT, SIGN, text, tuple } from './flags.ts'
import { VOLUME_HELP, VOLUMES } from './flight-commands.ts'
import type { AgreeBorderFlags, DeclareAreaFlags } from './run-areas.ts'
import type { SharedFlags } from './run-declare.ts'
import { LINE_EXIT_HELP } from './usage.ts'

const declare = buildCommand<DeclareAreaFlags, [string], CliContext>({
  loader: async () => {
    const { runDeclareArea } = await import('./run-areas.ts')
    return function (this: CliContext, flags: DeclareAreaFlags, volumes: string) {
      return runDeclareArea(volumes, flags, this)
    }
  },
  parameters: {
    positional: tuple(VOLUMES),
    flags: {
      ...SIGN,
      ...OUT,
      id: text('ID', 'Name of the area in small letters, figures and hyphens; the same id declared anew moves it'),
      title: text('TEXT', 'What people call it'),
      callBefore: count('--call-before', 'Seconds before entry by which the others are to call', { most: 86_400 }),
    },
  },
  docs: {
    brief: 'Declare an area that asks for a call before entry',
    fullDescription: [
      'Says that the other sides are to call before they enter an area. It forbids nothing: a plan that enters is told of the',
      'call that is due. The same id declared anew moves the area.',
      '',
      ...VOLUME_HELP,
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line area declare area.json --id tanf --title "Around Tanf" --call-before 900 --key duty-7.key',
    ].join('\n'),
  },
})

const lift = buildCommand<SharedFlags, [string], CliContext>({
  loader: async () => {
    const { runLiftArea } = await import('./run-areas.ts')
    return function (this: CliContext, flags: SharedFlags, id: string) {
      return runLiftArea(id, flags, this)
    }
  },
  parameters: { positional: tuple(['ID', 'Name of an area of ours']), flags: { ...SIGN, ...OUT } },
  docs: {
    brief: 'Lift an area of ours',
    fullDescription: [
      'Says that an area of ours asks for no call any more.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Example',
      '  parley line area lift tanf --key duty-7.key',
    ].join('\n'),
  },
})

const agree = buildCommand<AgreeBorderFlags, [string], CliContext>({
  loader: async () => {
    const { runAgreeBorder } = await import('./run-areas.ts')
    return function (this: CliContext, flags: AgreeBorderFlags, border: string) {
      return runAgreeBorder(border, flags, this)
    }
  },
  parameters: {
    positional: tuple(['BORDER', 'The line as JSON or a file of it, or the id of one that another side has logged']),
    flags: { ...SIGN, ...OUT, yes: flag('Do not ask before agreeing to what another side has logged') },
  },
  docs: {
    brief: 'Agree to a line on the ground with its two sides',
    fullDescription: [
      'Logs a line on the ground. It is in force once both of its sides have logged the very same: one writes it, the other',
      'agrees by its id. A later version of the same id takes its place in the same way.',
      '',
      'A line is {"id":"river","version":1,"title":"The river","vertices":[[344504000,409186000],[344604000,409286000]],',
      '"tolerance_m":500,"left":"north","right":"south"}: points [lat, lng] in degrees times ten million, in order; the left',
      'of the way along them is the side of "left". Within the tolerance no side is told.',
      '',
      ...LINE_EXIT_HELP,
      '',
      'Examples',
      '  parley line border agree river.json --key duty-7.key --key lead-1.key',
      '  parley line border agree river --key duty-1.key --key lead-2.key',
    ].join('\n'),
  },
})

/** `parley line area …` and `parley line border …`. */
export const groundCommands = {
  area: buildRouteMap({
    routes: { declare, lift },
    docs: { brief: 'Declare and lift areas that ask for a call before entry' },
  }),
  border: buildRouteMap({ routes: { agree }, docs: { brief: 'Agree to lines on the ground' } }),
}
