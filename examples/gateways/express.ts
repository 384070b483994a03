/** The gateway below /models of an Express app. Start it with `app.listen(3000)`. */

import express, { type Express } from 'express'
import { gateway, signedIn } from './models.ts'

export const app: Express = express()

app.use(async (request, response, next) => {
  response.locals.actor = await signedIn(request.headers.authorization)
  next()
})

// Before every body parser, because the gateway reads the body itself.
app.all('/models/*path', (request, response) => gateway.as(response.locals.actor).node(request, response))

app.use(express.json())
app.post('/orders', (request, response) => {
  response.json({ ordered: request.body.item, by: response.locals.actor?.name })
})
