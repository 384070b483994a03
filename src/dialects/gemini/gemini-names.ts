/** The dialect of Gemini's generateContent, in the Gemini API and in Vertex AI. */
export const geminiDialect = 'gemini-content'

export const geminiTitle = "Gemini's generateContent"

/** The vendor of parts, options and signatures that only Gemini knows. */
export const googleVendor = 'google'
