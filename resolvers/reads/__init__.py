"""What is read: which rows a list has, in which order, and who sees them; `resolvers.plan` reads them."""
