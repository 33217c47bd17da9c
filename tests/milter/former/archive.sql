-- Written by pams-milter 0.1.0.
BEGIN TRANSACTION;
CREATE TABLE audit(
  number INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, details TEXT NOT NULL);
CREATE TABLE chain(
  number INTEGER PRIMARY KEY, digest TEXT NOT NULL, hash TEXT NOT NULL);
INSERT INTO "chain" VALUES(1,'0951b8d342900d129a9e794abd93bda426cc4cbf855f1d24e64480e783d23600','d69589092f10eadc3637658a0b8a9308dc461fca97de6d069334e69073233c86');
INSERT INTO "chain" VALUES(2,'536acbff55e0f68358d3939626b8f2bef508513a4654856d636d72e82b0c34c2','d252108529d64d4dbe41e5d275c53353f65a5807ff391ac65f613d81e92d8821');
INSERT INTO "chain" VALUES(3,'e232f93e62d4f38541f318633dcfaa438ba88ab3d0e2800afd52ebd442d58b85','23c70df13a74af635630bc20018a11a6a9184a22c25348c1b18c4a5d68b60f7e');
CREATE TABLE checkpoint(
  number INTEGER PRIMARY KEY, hash TEXT NOT NULL, time INTEGER NOT NULL, signature TEXT NOT NULL);
INSERT INTO "checkpoint" VALUES(1,'d69589092f10eadc3637658a0b8a9308dc461fca97de6d069334e69073233c86',1795816471,'');
CREATE TABLE outcome(
  number INTEGER PRIMARY KEY, record INTEGER NOT NULL, time INTEGER NOT NULL, queue_id TEXT NOT NULL,
  message_id TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL);
INSERT INTO "outcome" VALUES(3,1,1795816471,'4Zq1','','refused','5.7.1 a virus');
CREATE TABLE record(
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, message_id TEXT NOT NULL,
  queue_id TEXT NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL, subject TEXT NOT NULL,
  size INTEGER NOT NULL, rules TEXT NOT NULL, actions TEXT NOT NULL, connector TEXT NOT NULL,
  sent TEXT NOT NULL, received TEXT NOT NULL);
INSERT INTO "record" VALUES(1,'14e5a98b48d289d21453a440ea50a74813b427643f0a8fc4a5c9978d3635721c',1795435200,'<1@example.org>','4Zq1','ann@example.org','bob@example.net','message 1',81,'Keep all','','Zivver','ca34aa1331cc8d51e31aac97b7800b687449a9c20aae480c5b9f2ed046fe1f7f.zst','ca34aa1331cc8d51e31aac97b7800b687449a9c20aae480c5b9f2ed046fe1f7f.zst');
INSERT INTO "record" VALUES(2,'ea5ed2f7d91060f6d213f14157d9741c01dafeedda189c67b25290944dd688d9',1795435200,'<2@example.org>','4Zq2','ann@example.org','bob@example.net','message 2',81,'Keep all','','Zivver','167b0a9e607fa7ecc94f4365858264d223f64f57522d59fc3d187f195dfd1933.zst','167b0a9e607fa7ecc94f4365858264d223f64f57522d59fc3d187f195dfd1933.zst');
CREATE INDEX record_time ON record(time);
CREATE INDEX record_message_id ON record(message_id COLLATE NOCASE);
CREATE INDEX record_sent ON record(sent);
CREATE INDEX record_received ON record(received) WHERE received <> sent;
CREATE INDEX outcome_record ON outcome(record);
CREATE INDEX outcome_queue_id ON outcome(queue_id);
CREATE INDEX record_queue_id ON record(queue_id);
COMMIT;
PRAGMA user_version = 0;
