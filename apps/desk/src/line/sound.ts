import { signal } from '@preact/signals'
import type { AlarmKind } from './alarms.ts'

/**
 * The alarm as a sound, made here: no file is fetched for it. Browsers let a page sound only after somebody has pressed something in it,
 * so the sound is off until it is turned on, and whoever sits here sees that it is.
 */

/** `off`: nobody has turned it on in this page; `blocked`: the browser does not let it sound; `none`: the browser cannot. */
export type SoundState = 'off' | 'on' | 'blocked' | 'none'

export const soundState = signal<SoundState>(typeof AudioContext === 'undefined' ? 'none' : 'off')

interface Tone {
  readonly hz: number
  readonly fromS: number
  readonly lengthS: number
}

const beeps = (hz: readonly number[], { lengthS, gapS }: { readonly lengthS: number; readonly gapS: number }): Tone[] =>
  hz.map((each, i) => ({ hz: each, fromS: i * (lengthS + gapS), lengthS }))

/** What each class sounds like, and after how long it begins again. Apart by rhythm and pitch, for rooms with other alarms in them. */
const PATTERNS: Readonly<Record<AlarmKind, { readonly everyS: number; readonly tones: readonly Tone[] }>> = {
  flash: { everyS: 1.6, tones: beeps([988, 740, 988, 740, 988, 740], { lengthS: 0.16, gapS: 0.03 }) },
  forked: { everyS: 3, tones: beeps([440, 330, 247], { lengthS: 0.35, gapS: 0.05 }) },
  halted: { everyS: 3, tones: beeps([440, 330, 247], { lengthS: 0.35, gapS: 0.05 }) },
  deaf: { everyS: 4, tones: beeps([330, 330], { lengthS: 0.3, gapS: 0.2 }) },
  overdue: { everyS: 2.5, tones: beeps([784, 784, 784], { lengthS: 0.18, gapS: 0.12 }) },
  silent: { everyS: 5, tones: beeps([523, 392], { lengthS: 0.3, gapS: 0.08 }) },
  priority: { everyS: 5, tones: beeps([659, 880], { lengthS: 0.18, gapS: 0.06 }) },
}
const CONFIRMING: readonly Tone[] = beeps([523, 659, 784], { lengthS: 0.12, gapS: 0.02 })

const LOUDNESS = 0.5
/** Tones swell and fade over this, for a hard edge clicks. */
const EDGE_S = 0.01

let context: AudioContext | null = null
let playing: { readonly kind: AlarmKind; readonly source: AudioBufferSourceNode } | null = null

function drawn(audio: AudioContext, tones: readonly Tone[], lengthS: number): AudioBuffer {
  const buffer = audio.createBuffer(1, Math.ceil(lengthS * audio.sampleRate), audio.sampleRate)
  const samples = buffer.getChannelData(0)
  for (const { hz, fromS, lengthS: toneS } of tones) {
    const first = Math.floor(fromS * audio.sampleRate)
    const count = Math.floor(toneS * audio.sampleRate)
    for (let i = 0; i < count && first + i < samples.length; i++) {
      const atS = i / audio.sampleRate
      const edge = Math.min(1, atS / EDGE_S, (toneS - atS) / EDGE_S)
      samples[first + i] = LOUDNESS * edge * Math.sin(2 * Math.PI * hz * atS)
    }
  }
  return buffer
}

function start(audio: AudioContext, buffer: AudioBuffer, loop: boolean): AudioBufferSourceNode {
  const source = audio.createBufferSource()
  source.buffer = buffer
  source.loop = loop
  source.connect(audio.destination)
  source.start()
  return source
}

/** Turns the sound on, and lets it be heard that it is. Call it from a press: browsers ask for one. */
export async function turnSoundOn(): Promise<void> {
  if (soundState.value === 'none') return
  try {
    const audio = (context ??= watched(new AudioContext()))
    await audio.resume()
    tellState(audio)
    if (audio.state === 'running') start(audio, drawn(audio, CONFIRMING, 0.5), false)
  } catch {
    soundState.value = 'blocked'
  }
}

/** Turns it off for this page; the page goes on saying so. */
export async function turnSoundOff(): Promise<void> {
  stop()
  const audio = context
  context = null
  soundState.value = 'off'
  await audio?.close()
}

/** The browser or the machine may take the sound away at any time: then it must be seen. */
function watched(audio: AudioContext): AudioContext {
  audio.addEventListener('statechange', () => {
    if (audio === context) tellState(audio)
  })
  return audio
}

const tellState = ({ state }: AudioContext): void => {
  soundState.value = state === 'running' ? 'on' : 'blocked'
}

function stop(): void {
  playing?.source.stop()
  playing = null
}

/** What sounds from now on, over and over, in the page's background too; null: nothing. */
export function sound(kind: AlarmKind | null): void {
  if (context === null || kind === null) {
    stop()
    return
  }
  if (playing?.kind === kind) return
  stop()
  const { tones, everyS } = PATTERNS[kind]
  playing = { kind, source: start(context, drawn(context, tones, everyS), true) }
}
