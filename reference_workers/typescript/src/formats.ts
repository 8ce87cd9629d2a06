// The JSON Schemas that more than one function uses.

export const anything = { description: 'Any JSON value.' }
export const text = { type: 'string' as const }
export const count = { type: 'integer' as const, minimum: 0 }

export function object(properties: Record<string, unknown>, required: string[] = []) {
  return { type: 'object' as const, properties, required }
}
