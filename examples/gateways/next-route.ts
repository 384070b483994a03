/** The gateway below /models of a Next app: this file is its `app/models/[...path]/route.ts`. */

import { gateway, signedIn } from './models.ts'

export const runtime = 'nodejs'

const serve = async (request: Request): Promise<Response> =>
  gateway.as(await signedIn(request.headers.get('authorization'))).fetch(request)

export { serve as GET, serve as POST }
