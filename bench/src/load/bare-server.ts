import { createServer } from 'node:http'

/** Reads every request's body to its end and answers 201 with as many bytes as a plan's answer has: what HTTP alone costs here. */
const ANSWER = JSON.stringify({ filler: 'x'.repeat(600) })

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    response.writeHead(201, ['content-type', 'application/json', 'content-length', String(ANSWER.length)])
    response.end(ANSWER)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : ''}\n`)
})
