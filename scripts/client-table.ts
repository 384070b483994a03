/** Writes the table of clients into its page. A test fails when the table is out of date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { clientPage, withClients } from '../test/clients/client-table.ts'

writeFileSync(clientPage, withClients(readFileSync(clientPage, 'utf8')))
