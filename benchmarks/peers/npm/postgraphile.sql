-- What PostGraphile needs beside the tables: computed columns, as its documentation has one write them. SQL that
-- PostgreSQL inlines: the order is the queue's own index.
CREATE OR REPLACE FUNCTION ticket_urgency(t ticket) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN t.status NOT IN ('AWAITING_REPLY', 'AWAITING_PICKUP') OR t.deadline_at IS NULL THEN 'NONE'
    WHEN t.deadline_at <= now() THEN 'OVERDUE'
    WHEN t.deadline_at < now() + interval '1 hour' THEN 'CRITICAL'
    WHEN t.deadline_at < now() + interval '4 hours' THEN 'WARNING'
    ELSE 'NORMAL' END
$$;
CREATE OR REPLACE FUNCTION ticket_queue_at(t ticket) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN t.status = ANY (ARRAY['AWAITING_REPLY'::ticket_status, 'AWAITING_PICKUP'::ticket_status])
      THEN t.deadline_at
    ELSE 'infinity'::timestamptz END
$$;
COMMENT ON FUNCTION ticket_queue_at(ticket) IS E'@behavior +orderBy';
