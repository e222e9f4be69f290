import type { Volume4D } from '@parley/geo4d'

/** What a PUT of an operational intent says besides its volumes. */
export interface IntentText {
  readonly baseUrl: string
  readonly key: readonly string[]
  readonly suffix: string
  readonly implicitSubscription: boolean
}

/** JSON of an operational intent's PUT. Written by hand: as many as a server can take are made for every second of load. */
export function intentBody(
  plan: readonly Volume4D[],
  { baseUrl, key, suffix, implicitSubscription }: IntentText,
): string {
  const shown = key.length === 0 ? '' : `"${key.join('","')}"`
  const subscription = implicitSubscription ? `,"new_subscription":{"uss_base_url":"${baseUrl}"}` : ''
  return `{"extents":[${plan.map(volumeText).join(',')}],"key":[${shown}],"state":"Accepted","uss_base_url":"${baseUrl}","requested_ovn_suffix":"${suffix}"${subscription}}`
}

/** JSON of a subscription's PUT for everything in a polygon. */
export function subscriptionBody(area: Volume4D, baseUrl: string): string {
  return `{"extents":${volumeText(area)},"uss_base_url":"${baseUrl}","notify_for_operational_intents":true,"notify_for_constraints":false}`
}

export function volumeText({ outline, altitudeLowerM, altitudeUpperM, startMs, endMs }: Volume4D): string {
  const shape =
    outline.kind === 'circle'
      ? `"outline_circle":{"center":{"lat":${outline.centre.latDeg},"lng":${outline.centre.lngDeg}},"radius":{"value":${outline.radiusM},"units":"M"}}`
      : `"outline_polygon":{"vertices":[${outline.vertices.map(({ latDeg, lngDeg }) => `{"lat":${latDeg},"lng":${lngDeg}}`).join(',')}]}`
  return `{"volume":{${shape},"altitude_lower":${altitudeText(altitudeLowerM)},"altitude_upper":${altitudeText(altitudeUpperM)}},"time_start":${timeText(startMs)},"time_end":${timeText(endMs)}}`
}

const altitudeText = (valueM: number): string => `{"value":${valueM},"reference":"W84","units":"M"}`

const timeText = (ms: number): string => `{"value":"${new Date(ms).toISOString()}","format":"RFC3339"}`
