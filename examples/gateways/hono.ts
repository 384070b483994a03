/** The gateway below /models of a Hono app. Start it with `serve({ fetch: app.fetch, port: 3000 })`. */

import { Hono } from 'hono'
import type { Actor } from 'modelspine'
import { gateway, signedIn } from './models.ts'

interface Signed {
  Variables: { actor: Actor | null }
}

export const app: Hono<Signed> = new Hono<Signed>()

app.use(async (context, next) => {
  context.set('actor', await signedIn(context.req.header('authorization')))
  await next()
})

app.all('/models/*', (context) => gateway.as(context.get('actor')).fetch(context.req.raw))

app.post('/orders', async (context) => {
  const { item } = await context.req.json()
  return context.json({ ordered: item, by: context.get('actor')?.name })
})
