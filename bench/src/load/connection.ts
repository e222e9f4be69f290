import { connect, type Socket } from 'node:net'

const READ_BYTES = 64 * 1024
const HEAD_END = '\r\n\r\n'

export interface ConnectionEvents {
  /** The answer to the request sent last has arrived whole. */
  readonly onAnswer: (connection: Connection, status: number) => void
  /** Nothing more will be answered on this connection. */
  readonly onFailure: (cause: Error) => void
}

/**
 * A keep-alive HTTP/1.1 connection that carries one request at a time and reads of each answer only its status and its end, so that
 * making load costs far less than bearing it.
 */
export class Connection {
  readonly #socket: Socket
  readonly #events: ConnectionEvents
  #status = 0
  /** Bytes of the body still to come; -1 in a chunked body; 0 between answers. */
  #bodyLeft = 0
  /** Bytes of a head or of a chunked body whose end has not come yet. */
  #partial = ''
  #closed = false

  private constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket
    this.#events = events
  }

  static open(url: URL, events: ConnectionEvents): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const buffer = Buffer.alloc(READ_BYTES)
      let connection: Connection | null = null
      const socket = connect({
        host: url.hostname,
        port: Number(url.port || 80),
        noDelay: true,
        onread: {
          buffer,
          callback: (bytes) => {
            connection?.take(buffer, bytes)
            return true
          },
        },
      })
      const fail = (cause: Error): void => {
        reject(cause)
        if (connection !== null && !connection.#closed) events.onFailure(cause)
      }
      socket.once('connect', () => {
        connection = new Connection(socket, events)
        resolve(connection)
      })
      socket.on('error', fail)
      socket.on('close', () => fail(new Error('the server closed a connection')))
    })
  }

  /** Sends one whole request; the one before must have been answered. */
  send(request: Uint8Array): void {
    this.#socket.write(request)
  }

  close(): void {
    this.#closed = true
    this.#socket.destroy()
  }

  take(buffer: Buffer, bytes: number): void {
    let at = 0
    while (at < bytes) {
      if (this.#bodyLeft > 0) {
        const eaten = Math.min(this.#bodyLeft, bytes - at)
        this.#bodyLeft -= eaten
        at += eaten
        if (this.#bodyLeft === 0) this.#events.onAnswer(this, this.#status)
        continue
      }
      const text = this.#partial + buffer.toString('latin1', at, bytes)
      at = bytes
      this.#partial = ''
      if (this.#bodyLeft < 0) {
        this.#takeChunked(text)
        continue
      }
      const end = text.indexOf(HEAD_END)
      if (end < 0) {
        this.#partial = text
        continue
      }
      this.#status = Number(text.slice(9, 12))
      const head = text.slice(0, end)
      const length = /content-length: *(\d+)/i.exec(head)
      const rest = text.length - end - HEAD_END.length
      if (length !== null) {
        this.#bodyLeft = Number(length[1]) - rest
        if (this.#bodyLeft < 0) this.#refuse('more bytes in an answer than its head says')
        else if (this.#bodyLeft === 0) this.#events.onAnswer(this, this.#status)
      } else if (/transfer-encoding: *chunked/i.test(head)) {
        this.#bodyLeft = -1
        this.#takeChunked(text.slice(end + 2))
      } else this.#refuse(`an answer without a length: ${head}`)
    }
  }

  #refuse(why: string): void {
    this.close()
    this.#events.onFailure(new Error(why))
  }

  /** One request is under way at a time, so a last chunk at the end of what has arrived is the answer's end. */
  #takeChunked(text: string): void {
    if (text.endsWith('\r\n0\r\n\r\n')) {
      this.#bodyLeft = 0
      this.#events.onAnswer(this, this.#status)
    } else this.#partial = text.slice(-16)
  }
}
