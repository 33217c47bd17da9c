#include "milter/archive/compression.hpp"

#include <numeric>
#include <stdexcept>
#include <string>

#include <zstd.h>

#include "rules/base/c_ptr.hpp"

namespace pams::milter::archive {
namespace {

void free_compressor(ZSTD_CCtx* context) noexcept { ZSTD_freeCCtx(context); }
void free_decompressor(ZSTD_DCtx* context) noexcept { ZSTD_freeDCtx(context); }

/// What compressing own bytes cannot answer.
std::size_t must(std::size_t code) {
  if (ZSTD_isError(code) != 0) throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(code));
  return code;
}

class Compressor {
 public:
  explicit Compressor(std::size_t size) : context_(ZSTD_createCCtx()), block_(ZSTD_CStreamOutSize(), '\0') {
    if (context_ == nullptr) throw std::bad_alloc();
    must(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1));
    must(ZSTD_CCtx_setPledgedSrcSize(context_.get(), size));
  }

  Status add(std::string_view bytes, ZSTD_EndDirective directive, const Sink& sink) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (bool done = false; !done;) {
      ZSTD_outBuffer out{block_.data(), block_.size(), 0};
      const auto left = must(ZSTD_compressStream2(context_.get(), &out, &in, directive));
      if (const auto taken = sink({block_.data(), out.pos}); !taken) return taken;
      done = directive == ZSTD_e_end ? left == 0 : in.pos == in.size;
    }
    return {};
  }

 private:
  CPtr<ZSTD_CCtx, free_compressor> context_;
  std::string block_;
};

}  // namespace

Status compress(std::span<const std::string_view> pieces, const Sink& sink) {
  Compressor compressor(
      std::accumulate(pieces.begin(), pieces.end(), std::size_t{0},
                      [](std::size_t sum, std::string_view piece) { return sum + piece.size(); }));
  for (const auto piece : pieces)
    if (const auto added = compressor.add(piece, ZSTD_e_continue, sink); !added) return added;
  return compressor.add({}, ZSTD_e_end, sink);
}

Status decompress(const Producer& stored, const Sink& sink) {
  const CPtr<ZSTD_DCtx, free_decompressor> context(ZSTD_createDCtx());
  if (context == nullptr) throw std::bad_alloc();
  std::string block(ZSTD_DStreamOutSize(), '\0');
  std::size_t expected = 1;  // 0 when a frame has ended
  const auto status = stored([&](std::string_view bytes) -> Status {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer out{block.data(), block.size(), 0};
    while (in.pos < in.size || out.pos == out.size) {
      if (expected == 0) return fail(Failure::Misconfigured, "bytes stand after the end");
      out.pos = 0;
      expected = ZSTD_decompressStream(context.get(), &out, &in);
      if (ZSTD_isError(expected) != 0) return fail(Failure::Misconfigured, ZSTD_getErrorName(expected));
      if (const auto taken = sink({block.data(), out.pos}); !taken) return taken;
      if (expected == 0 && in.pos == in.size) break;
    }
    return {};
  });
  if (status && expected != 0) return fail(Failure::Misconfigured, "it ends too early");
  return status;
}

}  // namespace pams::milter::archive
