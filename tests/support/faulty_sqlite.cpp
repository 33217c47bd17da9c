#include "tests/support/faulty_sqlite.hpp"

#include <atomic>
#include <cstring>

#include <sqlite3.h>

namespace pams::test {
namespace {

std::atomic<unsigned> calls{0}, fails{0};
std::atomic<int> failure{0};

sqlite3_vfs* real = nullptr;
sqlite3_vfs faulty;

/// The file as SQLite sees it; the real one follows it in memory.
struct File {
  sqlite3_file base;
  bool is_counted;
  sqlite3_file* real_file() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
bool is_the_one(sqlite3_file* file) { return reinterpret_cast<File*>(file)->is_counted && ++calls == fails; }
sqlite3_file* real_file(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real_file(); }

int close_file(sqlite3_file* f) { return real_file(f)->pMethods->xClose(real_file(f)); }
int read_file(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  return real_file(f)->pMethods->xRead(real_file(f), to, size, at);
}
int write_file(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  if (is_the_one(f)) {
    real_file(f)->pMethods->xWrite(real_file(f), from, size / 2, at);  // as a disk that fills up does
    return failure;
  }
  return real_file(f)->pMethods->xWrite(real_file(f), from, size, at);
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  return is_the_one(f) ? SQLITE_IOERR_TRUNCATE : real_file(f)->pMethods->xTruncate(real_file(f), size);
}
int sync_file(sqlite3_file* f, int flags) {
  return is_the_one(f) ? SQLITE_IOERR_FSYNC : real_file(f)->pMethods->xSync(real_file(f), flags);
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
  return real_file(f)->pMethods->xFileSize(real_file(f), size);
}
int lock(sqlite3_file* f, int level) { return real_file(f)->pMethods->xLock(real_file(f), level); }
int unlock(sqlite3_file* f, int level) { return real_file(f)->pMethods->xUnlock(real_file(f), level); }
int reserved(sqlite3_file* f, int* out) {
  return real_file(f)->pMethods->xCheckReservedLock(real_file(f), out);
}
int control(sqlite3_file* f, int op, void* arg) {
  return real_file(f)->pMethods->xFileControl(real_file(f), op, arg);
}
int sector(sqlite3_file* f) { return real_file(f)->pMethods->xSectorSize(real_file(f)); }
int device(sqlite3_file* f) { return real_file(f)->pMethods->xDeviceCharacteristics(real_file(f)); }
int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return real_file(f)->pMethods->xShmMap(real_file(f), page, size, extend, out);
}
int shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  return real_file(f)->pMethods->xShmLock(real_file(f), offset, n, flags);
}
void shm_barrier(sqlite3_file* f) { real_file(f)->pMethods->xShmBarrier(real_file(f)); }
int shm_unmap(sqlite3_file* f, int erase) { return real_file(f)->pMethods->xShmUnmap(real_file(f), erase); }

constexpr sqlite3_io_methods kMethods{.iVersion = 2,
                                      .xClose = close_file,
                                      .xRead = read_file,
                                      .xWrite = write_file,
                                      .xTruncate = truncate_file,
                                      .xSync = sync_file,
                                      .xFileSize = file_size,
                                      .xLock = lock,
                                      .xUnlock = unlock,
                                      .xCheckReservedLock = reserved,
                                      .xFileControl = control,
                                      .xSectorSize = sector,
                                      .xDeviceCharacteristics = device,
                                      .xShmMap = shm_map,
                                      .xShmLock = shm_lock,
                                      .xShmBarrier = shm_barrier,
                                      .xShmUnmap = shm_unmap,
                                      .xFetch = nullptr,
                                      .xUnfetch = nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out) {
  f->pMethods = nullptr;
  reinterpret_cast<File*>(f)->is_counted = name != nullptr && std::strstr(name, "archive.db") != nullptr;
  const int code = real->xOpen(real, name, real_file(f), flags, out);
  if (code == SQLITE_OK) f->pMethods = &kMethods;
  return code;
}

}  // namespace

const int FaultySqlite::kFull = SQLITE_FULL;
const int FaultySqlite::kWriteError = SQLITE_IOERR_WRITE;

FaultySqlite::FaultySqlite() {
  real = sqlite3_vfs_find(nullptr);
  faulty = *real;
  faulty.zName = "faulty";
  faulty.pNext = nullptr;
  faulty.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
  faulty.xOpen = open_file;
  sqlite3_vfs_register(&faulty, 1);
}

FaultySqlite::~FaultySqlite() {
  fail_at(0, 0);
  sqlite3_vfs_register(real, 1);
  sqlite3_vfs_unregister(&faulty);
}

void FaultySqlite::fail_at(unsigned call, int error) {
  calls = 0;
  fails = call;
  failure = error;
}

bool FaultySqlite::has_failed() const { return fails != 0 && calls >= fails; }

}  // namespace pams::test
