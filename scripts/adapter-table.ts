/** Writes the table of adapters into its page. A test fails when the table is out of date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { tablePage, withTable } from '../test/adapters/adapter-table.ts'

writeFileSync(tablePage, withTable(readFileSync(tablePage, 'utf8')))
