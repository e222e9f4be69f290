import { GeoError } from './errors.ts'

const ACCEPTED = /^(wgs[\s_-]*(19)?84|w84|epsg:{1,2}4326|(urn:ogc:def:crs:)?ogc:[\d.]*:?crs84)$/i

/** Datums that turn up in practice: what they are, and how far their coordinates lie from WGS 84, in words. */
const KNOWN: readonly (readonly [RegExp, string, string])[] = [
  [/^(sk|ck|ск)[\s_-]*-?(19)?42$|pulkovo|epsg:{1,2}4284/i, 'SK-42 (Pulkovo 1942)', '100 to 150 m'],
  [/^(sk|ck|ск)[\s_-]*-?(19)?95$|epsg:{1,2}4200/i, 'SK-95 (Pulkovo 1995)', '100 to 150 m'],
  [/^(pz|пз)[\s_-]*-?(19)?90/i, 'PZ-90', 'up to a few metres'],
  [/^ed[\s_-]*(19)?50$|epsg:{1,2}4230/i, 'ED50', '100 to 200 m'],
  [/^nad[\s_-]*(19)?27$|epsg:{1,2}4267/i, 'NAD27', '10 to 200 m'],
  [/^nad[\s_-]*(19)?83$|epsg:{1,2}4269/i, 'NAD83', '1 to 2 m'],
  [/^etrs[\s_-]*(19)?89$|epsg:{1,2}4258/i, 'ETRS89', 'about 1 m'],
  [/^osgb[\s_-]*(19)?36$|epsg:{1,2}4277/i, 'OSGB36', '50 to 120 m'],
  [/^tokyo$|epsg:{1,2}4301/i, 'Tokyo', 'about 450 m'],
  [/^gcj[\s_-]*02$/i, 'GCJ-02', '50 to 700 m'],
  [/^clarke[\s_-]*1880|^palestine[\s_-]*1923$|epsg:{1,2}4281/i, 'Palestine 1923', '100 to 200 m'],
  [/^(deir[\s_-]*ez[\s_-]*zor|syria)|epsg:{1,2}4227/i, 'Deir ez Zor', '100 to 300 m'],
]

/**
 * Accepts the name of the one datum positions are kept in.
 *
 * @throws GeoError `datum_missing`, or `datum_unsupported` which says what the named datum is and how far off it would lead.
 */
export function requireWgs84(datum: string | undefined, field = '/datum'): void {
  const name = datum?.trim() ?? ''
  if (name === '') {
    throw new GeoError('datum_missing', {
      field,
      value: datum,
      rule: 'the datum must be stated; only WGS 84 is accepted. The same figures on another datum are another place',
    })
  }
  if (ACCEPTED.test(name)) return
  const known = KNOWN.find(([pattern]) => pattern.test(name))
  throw new GeoError('datum_unsupported', {
    field,
    value: shorten(name),
    rule:
      known === undefined
        ? 'only WGS 84 is accepted: convert the position first'
        : `only WGS 84 is accepted: convert the position first. ${known[1]} figures read as WGS 84 land ${known[2]} away`,
  })
}

/** Enough of a text to recognise it by. */
export function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`
}
