import { playChaptersOf } from './fault-chapter.ts'

playChaptersOf('openai', 'azure-openai')
