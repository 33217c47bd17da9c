#include "milter/base/sqlite.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter::sqlite;

namespace {

Database open(const std::string& path, Access access = Access::ReadWrite) {
  return Database::open(path, access, Durability::Full).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sqlite)

BOOST_AUTO_TEST_CASE(what_was_bound_comes_back_bytes_and_all) {
  const test::TemporaryDirectory directory;
  auto db = open(directory / "a.db");
  BOOST_TEST(db.script("CREATE TABLE t(n INTEGER, s TEXT, b BLOB)").has_value());
  BOOST_TEST(
      db.run("INSERT INTO t VALUES(?,?,?)", 7, "caf\xC3\xA9", Blob{std::string_view("\0x", 2)}).has_value());
  std::size_t rows = 0;
  const auto status = db.query(
      "SELECT n, s, b FROM t WHERE n = ?",
      [&](const Row& row) {
        ++rows;
        BOOST_TEST(row.number(0) == 7);
        BOOST_TEST(row.text(1) == "caf\xC3\xA9");
        BOOST_TEST(row.bytes(2).size() == 2U);
        return true;
      },
      7);
  BOOST_TEST(status.has_value());
  BOOST_TEST(rows == 1U);
}

BOOST_AUTO_TEST_CASE(a_transaction_whose_work_fails_leaves_nothing_behind) {
  const test::TemporaryDirectory directory;
  auto db = open(directory / "a.db");
  BOOST_TEST(db.script("CREATE TABLE t(n INTEGER)").has_value());
  const auto done = db.transaction([&]() -> Status {
    BOOST_TEST(db.run("INSERT INTO t VALUES(1)").has_value());
    return fail(Failure::Temporary, "no");
  });
  BOOST_TEST(!done.has_value());
  BOOST_TEST(db.number("SELECT count(*) FROM t").value().value() == 0);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_the_postmasters_to_mend) {
  const test::TemporaryDirectory directory;
  const auto path = directory.write("a.db", std::string(4096, 'x'));
  const auto opened = Database::open(path, Access::ReadWrite, Durability::Full);
  BOOST_TEST_REQUIRE(!opened.has_value());
  BOOST_TEST((opened.error().failure == Failure::Misconfigured));
}

BOOST_AUTO_TEST_CASE(a_reader_sees_committed_rows_while_a_writer_works) {
  const test::TemporaryDirectory directory;
  auto writer = open(directory / "a.db");
  BOOST_TEST(writer.script("CREATE TABLE t(n INTEGER)").has_value());
  auto reader = open(directory / "a.db", Access::ReadOnly);
  const auto done = writer.transaction([&]() -> Status {
    BOOST_TEST(writer.run("INSERT INTO t VALUES(1)").has_value());
    BOOST_TEST(reader.number("SELECT count(*) FROM t").value().value() == 0);
    return {};
  });
  BOOST_TEST(done.has_value());
  BOOST_TEST(reader.number("SELECT count(*) FROM t").value().value() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
