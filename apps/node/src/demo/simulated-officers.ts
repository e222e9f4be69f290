import { ApiError } from '@parley/contracts'
import type { FastifyInstance } from 'fastify'
import type { NodeContext } from '../exchange.ts'
import { admit } from '../line/access.ts'

/**
 * `GET /line/v1/simulated-officers`: the keys of the simulated people of this node's side, so that a newcomer can act for them in the
 * desk. There on nodes with the development issuer alone; 404 on every other.
 */
export function registerSimulatedOfficers(app: FastifyInstance, { simulatedSide, line }: NodeContext): void {
  const describe = async (): Promise<Record<string, unknown>> => {
    const side = (await simulatedSide?.()) ?? null
    if (side === null) throw new ApiError('NOT_FOUND', { message: 'this node has no simulated officers' })
    return {
      simulated: true,
      table: side.table,
      party: side.party,
      officers: side.officers.map(({ person, skey }) => ({ person, skey })),
    }
  }
  app.get('/line/v1/simulated-officers', { config: { record: true } }, (request) => {
    admit(request, line.token)
    return describe()
  })
}
