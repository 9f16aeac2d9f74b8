"""The GraphQL words: types, queries, mutations, subscriptions, errors, limits, transport."""
