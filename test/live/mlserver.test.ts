import { testProvider } from './open-inference/provider-suite.ts'
import { withServer } from './support/with-server.ts'

withServer('mlserver', (server) => testProvider('MLServer', server))
