import { randomUUID } from 'node:crypto'
import { ApiError, errorBody, type Operation } from '@parley/contracts'
import { ParleyError } from '@parley/units'

/** An error as it goes out. */
export interface ErrorAnswer {
  readonly status: number
  readonly json: string
  /** Whether to ask the client to wait before it tries again. */
  readonly retryLater: boolean
}

export interface ErrorContext {
  readonly operation: Operation | null
  readonly url: string
  readonly compat: boolean
  readonly log: (line: string) => void
}

/** The answer to whatever was thrown; what is not ours to explain is logged under an id and hidden. */
export function errorAnswer(error: unknown, context: ErrorContext): ErrorAnswer {
  const known = toApiError(error)
  if (known !== null) return answerOf(known, known.body(), context)
  const errorId = randomUUID()
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  context.log(`fault ${errorId} in ${context.operation?.operationId ?? context.url}: ${stack}`)
  return answerOf(new ApiError('INTERNAL'), errorBody('INTERNAL', { errorId }), context)
}

function answerOf(error: ApiError, body: object, context: ErrorContext): ErrorAnswer {
  const status = error.status({ operation: context.operation, compat: context.compat })
  return { status, json: JSON.stringify(body), retryLater: status === 429 || status === 503 }
}

function toApiError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error
  if (error instanceof ParleyError && error.code === 'HALTED') return new ApiError('HALTED')
  if (error instanceof ParleyError && error.code === 'OVERLOADED') return new ApiError('OVERLOADED')
  switch ((error as { code?: string } | null)?.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ApiError('BODY_TOO_LARGE')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ApiError('UNSUPPORTED_MEDIA_TYPE')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new ApiError('INVALID_PARAMETER', { message: 'the body is not as long as Content-Length says' })
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_ASYNC_CONSTRAINT':
      return new ApiError('INVALID_PARAMETER', { message: 'the path is not valid percent-encoded UTF-8' })
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ApiError('INVALID_PARAMETER', { message: 'a part of the path is longer than any can be' })
    case 'ECONNRESET':
      return new ApiError('TIMEOUT')
    default:
      return null
  }
}
