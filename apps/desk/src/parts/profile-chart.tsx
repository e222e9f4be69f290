import type { Volume4D } from '@parley/geo4d'
import { useId } from 'preact/hooks'
import type { Beside } from '../blockers.ts'
import { explainShift, type OfferedShift } from '../explain.ts'
import { countText, heightText, listText } from '../format.ts'
import { language, t, tell } from '../i18n.ts'
import { utcText } from '../instant-text.ts'
import { hullOf } from '../items.ts'
import { type Box, layoutProfile, type Profile } from '../profile.ts'
import { nameOf } from '../view-state.ts'
import { clockText } from '../zoned-time.ts'
import { fillOf, PatternDefs } from './swatch.tsx'

const SIZE = { width: 300, height: 150 }
const MARGIN = { start: 44, top: 8, end: 8, bottom: 20 }

interface ProfileProps {
  readonly name: string
  readonly subject: readonly Volume4D[]
  readonly others: readonly Beside[]
  readonly shifts: readonly OfferedShift[]
  readonly refused: boolean
}

/** Where a label of several boxes goes: in the largest of them. */
function largest(boxes: readonly Box[]): Box | undefined {
  return [...boxes].sort((a, b) => b.width * b.height - a.width * a.height)[0]
}

const LABEL = { height: 11, width: 90 }

/** Where the names of the others go: in their largest box, one below the other where they would overlap. */
function labelsOf(profile: Profile): { id: string; x: number; y: number }[] {
  const placed: { id: string; x: number; y: number }[] = []
  for (const { id, boxes } of profile.others) {
    const box = largest(boxes)
    if (box === undefined) continue
    const x = Math.min(box.x + 4, SIZE.width - 60)
    let y = Math.max(box.y + LABEL.height, LABEL.height)
    const hits = (): boolean =>
      placed.some((other) => Math.abs(other.x - x) < LABEL.width && Math.abs(other.y - y) < LABEL.height)
    while (hits() && y < SIZE.height) y += LABEL.height
    placed.push({ id, x, y })
  }
  return placed
}

/** Height over time of a plan against what is in its way; every fact of it also stands in words beside it. */
export function ProfileChart({ name, subject, others, shifts, refused }: ProfileProps) {
  const id = useId()
  const prefix = `p${id.replaceAll(/[^\w-]/g, '')}`
  const known = others.flatMap(({ volumes, ...other }) => (volumes === null ? [] : [{ ...other, volumes }]))
  const unknown = others.filter(({ volumes }) => volumes === null)
  const otherById = new Map(others.map((other) => [other.id, other]))
  const hull = hullOf(subject)
  const profile = layoutProfile({ subject, others: known, shifts }, SIZE)
  if (profile === null || hull === null) return <p class="empty">{t('profile.no-times')}</p>
  const of = language.value
  const describe = t('profile.describe', {
    name,
    from: utcText(hull.startMs),
    to: utcText(hull.endMs),
    lower: Number.isFinite(hull.lowerM) ? heightText(of, hull.lowerM) : t('item.from-ground'),
    upper: Number.isFinite(hull.upperM) ? heightText(of, hull.upperM) : t('item.no-ceiling'),
    count: countText(of, known.length),
  })
  return (
    <figure class="profile" dir="ltr">
      <figcaption dir="auto">{t('profile.title')}</figcaption>
      <svg
        viewBox={`0 0 ${SIZE.width + MARGIN.start + MARGIN.end} ${SIZE.height + MARGIN.top + MARGIN.bottom}`}
        role="img"
        aria-label={describe}
      >
        <PatternDefs prefix={prefix} />
        <g transform={`translate(${MARGIN.start} ${MARGIN.top})`}>
          <rect class="frame" width={SIZE.width} height={SIZE.height} />
          {profile.heightTicks.map(({ y, metres }) => (
            <g key={metres}>
              <line class="grid" x1="0" x2={SIZE.width} y1={y} y2={y} />
              <text class="tick" x="-4" y={y + 3} text-anchor="end">
                {countText(of, metres)}
              </text>
            </g>
          ))}
          {profile.timeTicks.map(({ x, ms }) => (
            <g key={ms}>
              <line class="grid" x1={x} x2={x} y1="0" y2={SIZE.height} />
              <text class="tick" x={x} y={SIZE.height + 13} text-anchor="middle">
                {clockText(ms, 'UTC')}Z
              </text>
            </g>
          ))}
          {profile.others.map(({ id: other, boxes }) => {
            const item = otherById.get(other)
            const { fill, stroke } = fillOf(prefix, item?.kind ?? '', item?.manager ?? '')
            return boxes.map((box, index) => (
              <rect
                key={`${other}/${index}`}
                x={box.x}
                y={box.y}
                width={box.width}
                height={box.height}
                fill={fill}
                stroke={stroke}
                stroke-dasharray={item?.kind === 'constraint' ? '5 3' : undefined}
              >
                <title>{nameOf(other)}</title>
              </rect>
            ))
          })}
          {profile.shifted.map(({ shift, boxes }) =>
            boxes.map((box, index) => (
              <rect
                key={`${shift.shift}/${index}`}
                class="shifted"
                x={box.x}
                y={box.y}
                width={box.width}
                height={box.height}
              >
                <title>{tell(explainShift(of, shift))}</title>
              </rect>
            )),
          )}
          {profile.subject.map((box, index) => (
            <rect
              key={index}
              class={refused ? 'subject refused' : 'subject'}
              x={box.x}
              y={box.y}
              width={box.width}
              height={box.height}
            />
          ))}
          {labelsOf(profile).map(({ id: other, x, y }) => (
            <text key={other} class="name" x={x} y={y}>
              {nameOf(other)}
            </text>
          ))}
          {profile.shifted.map(({ shift, boxes }) => {
            const box = largest(boxes)
            const arrow = { later: '→', earlier: '←', up: '↑', down: '↓' }[shift.shift]
            return box === undefined ? null : (
              <text
                key={shift.shift}
                class="shift-name"
                x={box.x + box.width / 2}
                y={box.y + box.height / 2 + 4}
                text-anchor="middle"
              >
                {arrow}
              </text>
            )
          })}
        </g>
        <text class="axis" transform={`translate(9 ${MARGIN.top + SIZE.height / 2}) rotate(-90)`} text-anchor="middle">
          {t('profile.height-axis')}
        </text>
      </svg>
      <p class="profile-key" dir="auto">
        <span class={refused ? 'key subject refused' : 'key subject'} /> {t('profile.subject')}
        {profile.shifted.length > 0 && (
          <>
            {' '}
            <span class="key shifted" /> {t('profile.shifted')}
          </>
        )}
      </p>
      {unknown.length > 0 && (
        <p class="note" dir="auto">
          {t('profile.unknown', {
            names: listText(
              of,
              unknown.map((other) => nameOf(other.id)),
            ),
          })}
        </p>
      )}
    </figure>
  )
}
