/** The gateway below /models of a Fastify app. Start it with `app.listen({ port: 3000 })`. */

import Fastify, { type FastifyInstance } from 'fastify'
import type { Actor } from 'modelspine'
import { gateway, signedIn } from './models.ts'

export const app: FastifyInstance = Fastify()

app.decorateRequest('actor', null)
app.addHook('onRequest', async (request) => {
  request.setDecorator('actor', await signedIn(request.headers.authorization))
})

app.register(async (models) => {
  // Within this plugin no body is read, because the gateway reads it itself.
  models.removeAllContentTypeParsers()
  models.addContentTypeParser('*', (_request, _body, done) => done(null))
  models.all('/models/*', (request, reply) => {
    reply.hijack()
    gateway.as(request.getDecorator<Actor | null>('actor')).node(request.raw, reply.raw)
  })
})

app.post<{ Body: { item: string } }>('/orders', async (request) => ({
  ordered: request.body.item,
  by: request.getDecorator<Actor | null>('actor')?.name,
}))
