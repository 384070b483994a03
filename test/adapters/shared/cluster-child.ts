/** A worker of a cluster, as pm2 starts one, opens a socket in a folder and says whether others find it there. */
import cluster from 'node:cluster'
import { openAliveSocket } from '../../../adapters/shared/alive-socket.ts'

const folder = process.argv[2] ?? ''
if (cluster.isPrimary) {
  const worker = cluster.fork()
  worker.on('message', (inPlace) => console.log(`${worker.process.pid} ${inPlace}`))
  process.stdin.resume()
  process.stdin.on('end', () => process.exit())
} else {
  const opened = await openAliveSocket(folder, 'worker.alive')
  process.send?.((await opened?.isInPlace()) === true)
}
