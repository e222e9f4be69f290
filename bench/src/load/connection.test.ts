import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Connection } from './connection.ts'

let server: Server
let connection: Connection | undefined

afterEach(async () => {
  connection?.close()
  server.close()
  await once(server, 'close')
})

/** Statuses that a connection reads when a server answers in the pieces given, each in a segment of its own. */
async function statusesOf(pieces: readonly string[], answers: number): Promise<number[]> {
  server = createServer({ noDelay: true }, (socket: Socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => void sendPieces(socket, pieces))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as { port: number }
  const statuses: number[] = []
  return new Promise((resolve, reject) => {
    Connection.open(new URL(`http://127.0.0.1:${address.port}`), {
      onAnswer: (_, status) => {
        statuses.push(status)
        if (statuses.length === answers) resolve(statuses)
      },
      onFailure: reject,
    }).then((opened) => {
      connection = opened
      opened.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    }, reject)
  })
}

async function sendPieces(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const SIZED = 'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n12345'
const CHUNKED = 'HTTP/1.1 409 Conflict\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab0\r\n\r\n3\r\n0\r\n\r\n0\r\n\r\n'

test('an answer is read wherever the network cuts it', async () => {
  for (let cut = 1; cut < SIZED.length; cut += 7) {
    expect(await statusesOf([SIZED.slice(0, cut), SIZED.slice(cut)], 1)).toEqual([201])
    connection?.close()
    server.close()
    await once(server, 'close')
  }
  expect(await statusesOf([SIZED], 1)).toEqual([201])
})

test('bytes beyond the one answer asked for are a failure', async () => {
  await expect(statusesOf([SIZED + SIZED], 2)).rejects.toThrow('more bytes')
})

test('a chunked answer ends with its last chunk', async () => {
  expect(await statusesOf([CHUNKED.slice(0, 60), CHUNKED.slice(60, -5), CHUNKED.slice(-5)], 1)).toEqual([409])
})

test('a connection that the server closes is a failure', async () => {
  server = createServer((socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const failure = await new Promise<Error>((resolve) => {
    Connection.open(new URL(`http://127.0.0.1:${port}`), {
      onAnswer: () => undefined,
      onFailure: resolve,
    }).then((opened) => {
      connection = opened
    }, resolve)
  })
  expect(failure).toBeInstanceOf(Error)
})
