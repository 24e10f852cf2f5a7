-- What a database does: transactions on a file, indexes, joins, windows, recursion, full text, JSON, floats.
CREATE TABLE city(id INTEGER PRIMARY KEY, name TEXT, country TEXT, people INTEGER);
CREATE INDEX city_country ON city(country, people);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO city SELECT i, printf('city %05d', i * 7919 % 3001), char(65 + i % 26), i * 104729 % 1000003 FROM n;
COMMIT;
SELECT country, count(*), sum(people), avg(people), round(sum(people * 0.1) / 3, 6) FROM city GROUP BY country ORDER BY 3 DESC LIMIT 5;
SELECT name, people, rank() OVER (PARTITION BY country ORDER BY people DESC) AS place FROM city WHERE id % 500 = 0 ORDER BY id;
SELECT count(*) FROM city a JOIN city b ON b.country = a.country AND b.people = a.people + 104729 % 1000003;
CREATE VIRTUAL TABLE note USING fts5(body);
INSERT INTO note SELECT 'the ' || name || ' lies in ' || country FROM city WHERE id <= 200;
SELECT rowid, snippet(note, 0, '[', ']', '', 4) FROM note WHERE note MATCH 'lies AND b' ORDER BY rank, rowid LIMIT 4;
SELECT json_group_array(json_object('i', id, 'p', people)) FROM city WHERE id < 6;
UPDATE city SET people = people + 1 WHERE country = 'C';
DELETE FROM city WHERE id % 3 = 0;
BEGIN; DELETE FROM city; ROLLBACK;
SELECT count(*), total(people), hex(randomblob(8)) IS NOT NULL, length(datetime('now')) FROM city;
PRAGMA integrity_check;
SELECT sqlite_version(), exp(1.5), pow(2, 0.5), 1e300 * 1e10, 9007199254740993;
