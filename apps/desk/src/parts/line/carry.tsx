import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { encode } from 'uqr'
import { t } from '../../i18n.ts'
import { addQrPart, type QrReading, qrParts } from '../../line/qr-parts.ts'
import { PlainText } from './plain-fields.tsx'

/** How texts leave the page and come in: to be pasted, as files, and as QR codes from screen to camera. */

const QR_EVERY_MS = 1_500
const SCAN_EVERY_MS = 250

function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: 'L', border: 4 })
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  )
}

/** The codes of a text one after the other; by themselves where nothing speaks against moving pictures, and by hand. */
function QrShow({ text }: { text: string }) {
  const parts = qrParts(text)
  const [at, setAt] = useState(0)
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
  const count = parts?.length ?? 0
  useEffect(() => {
    if (calm || count < 2) return undefined
    const timer = setInterval(() => setAt((now) => (now + 1) % count), QR_EVERY_MS)
    return () => clearInterval(timer)
  }, [calm, count])
  const part = parts?.[at]
  if (parts === null || part === undefined) return <p class="warn">{t('line.qr-too-long')}</p>
  const label = t('line.qr-part', { part: String(at + 1), parts: String(count) })
  return (
    <figure class="qr-show">
      <QrCode text={part} label={label} />
      {count > 1 && (
        <figcaption>
          {calm && (
            <button type="button" onClick={() => setAt((at + count - 1) % count)}>
              {t('line.qr-before')}
            </button>
          )}{' '}
          {label}{' '}
          {calm && (
            <button type="button" onClick={() => setAt((at + 1) % count)}>
              {t('line.qr-after')}
            </button>
          )}
        </figcaption>
      )}
    </figure>
  )
}

interface CarryOutProps {
  readonly name: string
  readonly label: string
  readonly text: string
  /** Name of the file it is saved as. */
  readonly file: string
}

/** A text to be brought to others: copied, saved, or held up to a camera. */
export function CarryOut({ name, label, text, file }: CarryOutProps) {
  const [copied, setCopied] = useState<boolean | null>(null)
  const [qr, setQr] = useState(false)
  const id = useId()
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
    const link = document.createElement('a')
    link.href = url
    link.download = file
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 1000)
  }
  return (
    <div class="carry">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        dir="ltr"
        readOnly
        rows={3}
        value={text}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div class="buttons">
        <button
          type="button"
          onClick={() => {
            // Where the page is not on the node's own machine a browser may not let it copy.
            const done = (navigator.clipboard as Clipboard | undefined)?.writeText(text) ?? Promise.reject(new Error())
            done.then(
              () => setCopied(true),
              () => setCopied(false),
            )
          }}
        >
          {t('line.carry-copy')}
        </button>
        <button type="button" onClick={save}>
          {t('line.carry-save')} <small dir="ltr">{file}</small>
        </button>
        <button type="button" name={`${name}-qr`} aria-expanded={qr} onClick={() => setQr(!qr)}>
          {t('line.carry-qr')}
        </button>
      </div>
      {copied !== null && (
        <p class={copied ? 'outcome-line good' : 'warn'} role="status">
          {t(copied ? 'line.carry-copied' : 'line.carry-not-copied')}
        </p>
      )}
      {qr && <QrShow text={text} />}
    </div>
  )
}

interface Detector {
  detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]>
}
type DetectorMaker = new (options: { readonly formats: readonly string[] }) => Detector

const detectorMaker = (): DetectorMaker | null =>
  (globalThis as { BarcodeDetector?: DetectorMaker }).BarcodeDetector ?? null

/** Reads codes by the camera until a whole text is there. */
function QrRead({ onText }: { onText: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null)
  const [reading, setReading] = useState<QrReading | null>(null)
  const [failed, setFailed] = useState<string | null>(null)
  useEffect(() => {
    const Maker = detectorMaker()
    if (Maker === null) return undefined
    const detector = new Maker({ formats: ['qr_code'] })
    let stream: MediaStream | null = null
    let over = false
    let held: QrReading | null = null
    const look = async (): Promise<void> => {
      if (over || video.current === null) return
      if (video.current.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
        for (const { rawValue } of await detector.detect(video.current)) {
          const { reading: next, text } = addQrPart(held, rawValue)
          held = next
          setReading(next)
          if (text === null) continue
          onText(text)
          return
        }
      }
      timer = setTimeout(() => void look().catch(fail), SCAN_EVERY_MS)
    }
    const fail = (error: unknown): void => setFailed(error instanceof Error ? error.message : String(error))
    let timer: ReturnType<typeof setTimeout> | undefined
    const begin = async (): Promise<void> => {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
      if (over || video.current === null) return
      video.current.srcObject = stream
      await video.current.play()
      await look()
    }
    begin().catch(fail)
    return () => {
      over = true
      clearTimeout(timer)
      for (const track of stream?.getTracks() ?? []) track.stop()
    }
  }, [])
  if (detectorMaker() === null) return <p class="warn">{t('line.qr-no-reader')}</p>
  return (
    <div class="qr-read">
      {failed === null ? (
        <video ref={video} muted playsInline />
      ) : (
        <p class="warn" role="alert">
          {t('line.qr-no-camera')} <q lang="en">{failed}</q>
        </p>
      )}
      <p role="status">
        {reading === null
          ? t('line.qr-hold')
          : t('line.qr-read', { part: String(reading.pieces.size), parts: String(reading.count) })}
      </p>
    </div>
  )
}

interface CarryInProps {
  readonly name: string
  readonly label: string
  /** What is done with a text that came in; by whichever way. */
  readonly onText: (text: string) => void
  readonly action: string
}

/** Takes a text that was brought: pasted, from files, or from the code on another screen. */
export function CarryIn({ name, label, onText, action }: CarryInProps) {
  const [pasted, setPasted] = useState('')
  const [camera, setCamera] = useState(false)
  const id = useId()
  return (
    <div class="carry">
      <PlainText name={name} label={label} rows={3} value={pasted} onInput={setPasted} />
      <div class="buttons">
        <button
          type="button"
          class="primary"
          name={`${name}-take`}
          disabled={pasted.trim() === ''}
          onClick={() => {
            onText(pasted)
            setPasted('')
          }}
        >
          {action}
        </button>
        <button type="button" name={`${name}-camera`} aria-expanded={camera} onClick={() => setCamera(!camera)}>
          {t('line.carry-camera')}
        </button>
      </div>
      <div class="field">
        <label for={id}>{t('line.carry-file')}</label>
        <input
          id={id}
          type="file"
          name={`${name}-file`}
          multiple
          onChange={(event) => {
            const input = event.currentTarget
            void Promise.all([...(input.files ?? [])].map((file) => file.text())).then((texts) => {
              input.value = ''
              for (const text of texts) onText(text)
            })
          }}
        />
      </div>
      {camera && (
        <QrRead
          onText={(text) => {
            setCamera(false)
            onText(text)
          }}
        />
      )}
    </div>
  )
}
