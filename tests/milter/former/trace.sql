-- Written by pams-milter 0.1.0.
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE archived(
  message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE, record TEXT);
INSERT INTO "archived" VALUES(1838525644800000,'ea5ed2f7d91060f6d213f14157d9741c01dafeedda189c67b25290944dd688d9');
CREATE TABLE deletion(time INTEGER);
CREATE TABLE event(
  number INTEGER PRIMARY KEY, message INTEGER REFERENCES message ON DELETE CASCADE, time INTEGER,
  last INTEGER, times INTEGER, kind TEXT, text TEXT, recipient TEXT, service TEXT, relay TEXT, result TEXT,
  tls TEXT);
INSERT INTO "event" VALUES(1,1838525644800000,1795435200000,1795435200000,1,'RECEIVE','127.0.0.1','','','','','');
INSERT INTO "event" VALUES(2,1838525644800000,1795435200000,1795435200000,1,'REPLY','250','','','','','');
INSERT INTO "event" VALUES(3,1838525644800001,1795435200000,1795435200000,1,'RECEIVE','127.0.0.1','','','','','');
INSERT INTO "event" VALUES(4,1838525644800001,1795435200000,1795435200000,1,'REPLY','451 4.3.0 Try again later (No space left on device)','','','','','');
INSERT INTO "event" VALUES(5,1838525644800002,1795435200000,1795435200000,1,'RECEIVE','127.0.0.1','','','','','');
INSERT INTO "event" VALUES(6,1838525644800002,1795435200000,1795435200000,1,'REPLY','550 5.7.1 No (rule ''secrets'')','','','','','');
INSERT INTO "event" VALUES(7,1838525644800003,1795435200000,1795435200000,1,'RECEIVE','127.0.0.1','','','','','');
INSERT INTO "event" VALUES(8,1838525644800003,1795435200000,1795435200000,1,'REPLY','250 2.0.0 accepted and dropped by a rule','','','','','');
CREATE TABLE gap(began INTEGER, ended INTEGER, lost INTEGER, reason TEXT);
INSERT INTO "gap" VALUES(1795435200000,1795435200000,3,'the trace could not be written');
CREATE TABLE log_place(
  one INTEGER PRIMARY KEY CHECK(one = 1), device INTEGER, inode INTEGER, offset INTEGER, line_length INTEGER,
  line_hash INTEGER, cursor TEXT);
CREATE TABLE message(
  id INTEGER PRIMARY KEY, received INTEGER, queue_id TEXT, message_id TEXT, sender TEXT, sender_key TEXT,
  subject TEXT, subject_key TEXT, class TEXT, route TEXT, transport TEXT, smart_hosts TEXT, size INTEGER,
  client TEXT);
INSERT INTO "message" VALUES(1838525644800000,1795435200000,'8A3DAA7A068','<a@example.org>','ann@example.org','ann@example.org','Quarterly figures','quarterly figures','flagged','Zivver','pams','smart.example:25',377,'127.0.0.1');
INSERT INTO "message" VALUES(1838525644800001,1795435200000,'8A3DAA7A069','<b@example.org>','ann@example.org','ann@example.org','Quarterly figures','quarterly figures','flagged','Zivver','pams','smart.example:25',377,'127.0.0.1');
INSERT INTO "message" VALUES(1838525644800002,1795435200000,'8A3DAA7A06A','<c@example.org>','ann@example.org','ann@example.org','Quarterly figures','quarterly figures','flagged','Zivver','pams','smart.example:25',377,'127.0.0.1');
INSERT INTO "message" VALUES(1838525644800003,1795435200000,'8A3DAA7A06B','<d@example.org>','ann@example.org','ann@example.org','Quarterly figures','quarterly figures','flagged','Zivver','pams','smart.example:25',377,'127.0.0.1');
CREATE TABLE queue(
  queue_id TEXT, message INTEGER REFERENCES message ON DELETE CASCADE, open INTEGER,
  PRIMARY KEY(queue_id, message)) WITHOUT ROWID;
INSERT INTO "queue" VALUES('8A3DAA7A068',1838525644800000,1);
INSERT INTO "queue" VALUES('8A3DAA7A069',1838525644800001,0);
INSERT INTO "queue" VALUES('8A3DAA7A06A',1838525644800002,0);
INSERT INTO "queue" VALUES('8A3DAA7A06B',1838525644800003,0);
CREATE TABLE recipient(
  message INTEGER REFERENCES message ON DELETE CASCADE, number INTEGER, address TEXT, address_key TEXT,
  expanded_from TEXT, status TEXT, reply TEXT, tls TEXT, PRIMARY KEY(message, number)) WITHOUT ROWID;
INSERT INTO "recipient" VALUES(1838525644800000,0,'bob@example.net','bob@example.net','','Pending','','');
INSERT INTO "recipient" VALUES(1838525644800001,0,'bob@example.net','bob@example.net','','Failed','451 4.3.0 Try again later','');
INSERT INTO "recipient" VALUES(1838525644800002,0,'bob@example.net','bob@example.net','','Failed','550 5.7.1 No','');
INSERT INTO "recipient" VALUES(1838525644800003,0,'bob@example.net','bob@example.net','','Failed','250 2.0.0 accepted and dropped by a rule','');
CREATE TABLE refusal(
  message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE, temporary INTEGER, reason TEXT);
CREATE TABLE run(one INTEGER PRIMARY KEY CHECK(one = 1), since INTEGER, clean INTEGER);
INSERT INTO "run" VALUES(1,1795435200000,1);
CREATE TABLE sealed(
  seal TEXT, message INTEGER REFERENCES message ON DELETE CASCADE, PRIMARY KEY(seal, message)) WITHOUT ROWID;
INSERT INTO "sealed" VALUES('5ea1',1838525644800000);
CREATE TABLE sealing(one INTEGER PRIMARY KEY CHECK(one = 1), since INTEGER);
INSERT INTO "sealing" VALUES(1,1);
CREATE TABLE tls(
  process TEXT PRIMARY KEY, peer TEXT, tls TEXT, queue_id TEXT, time INTEGER) WITHOUT ROWID;
CREATE INDEX message_by_message_id ON message(message_id);
CREATE INDEX message_by_sender ON message(sender_key);
CREATE INDEX message_flagged ON message(id) WHERE class = 'flagged';
CREATE INDEX recipient_by_address ON recipient(address_key);
CREATE INDEX queue_by_message ON queue(message);
CREATE INDEX event_by_message ON event(message);
CREATE INDEX sealed_by_message ON sealed(message);
COMMIT;
PRAGMA user_version = 1;
