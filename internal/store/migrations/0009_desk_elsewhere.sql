-- Our words that were written with another tool: whether a thread has any is asked with every word of it.
CREATE INDEX message_elsewhere ON message (conversation_id) WHERE direction = 'outbound' AND agent_id = '';
