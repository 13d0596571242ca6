import { flag, oneOf } from '@auth-pair/service'

/** The settings of the GraphQL route. */
export const graphqlSettings = {
  GRAPHQL: oneOf(
    ['off', 'on', 'development'],
    'on',
    'Whether `POST /graphql` is served ([GraphQL](graphql.md)). `development` adds GraphiQL at `GET /graphql`, introspection, and suggestions in error messages. With `off`, sessions of its `login` give out no more tokens.',
  ),
  GRAPHQL_LOGIN: flag(
    true,
    'Whether the GraphQL mutation `login` is there. It opens sessions whose refresh token stays the same, for older clients; turned off, such sessions give out no more tokens.',
  ),
}
