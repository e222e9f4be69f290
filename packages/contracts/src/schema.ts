import {
  type Static,
  type TNull,
  type TObject,
  type TOptional,
  type TProperties,
  type TSchema,
  type TUnion,
  Type,
} from 'typebox'

/** Schema option of ours: the sentence a finding shows when a leaf is refused, instead of one made from its keywords. */
export const RULE = 'x-rule'

/** An object schema with a name; the name becomes its component in the OpenAPI document. Unknown fields are ignored. */
export function named<P extends TProperties>(name: string, properties: P, description?: string): TObject<P> {
  return Type.Object(properties, description === undefined ? { title: name } : { title: name, description })
}

/** A field that may be left out. For answers, which never hold null. */
export function optional<S extends TSchema>(schema: S): TOptional<S> {
  return Type.Optional(schema) as TOptional<S>
}

/**
 * A field that may be left out or set to null, which means the same (F3548-21 says so of object-typed fields; the
 * reference implementation treats every field that way, so requests here do too).
 */
export function omissible<S extends TSchema>(schema: S): TOptional<TUnion<[S, TNull]>> {
  return Type.Optional(Type.Union([schema, Type.Null()]))
}

/** What a schema's value is once it has been checked; null where there is no schema. */
export type Value<S> = S extends TSchema ? Static<S> : null
