/// Records of an archive one after the other, as people, programs and spreadsheets read them: a list of
/// millions needs no memory. What the search could not look at is told on standard error: scripts read rows.
#pragma once

#include <cstdint>

#include "milter/archive/archive_database.hpp"
#include "milter/ctl/output/table.hpp"

namespace pams::milter::ctl {

enum class ListForm { Table, WideTable, Json, Csv };

class RecordList {
 public:
  explicit RecordList(ListForm form);
  void add(const archive::RecordRow& row, const archive::Fate& fate);
  void finish(std::int64_t not_indexed, std::int64_t not_searched);

 private:
  void print_table();

  const ListForm form_;
  output::Table table_;
  bool is_first_ = true;
};

void tell_of_unsearched(std::int64_t count);

}  // namespace pams::milter::ctl
