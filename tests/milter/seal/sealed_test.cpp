#include "milter/seal/sealed.hpp"

#include <boost/test/unit_test.hpp>

#include "milter/base/sha256.hpp"
#include "milter/seal/chunk_cipher.hpp"
#include "milter/seal/contents_text.hpp"
#include "milter/seal/text_forms.hpp"
#include "tests/milter/seal/seal_fixture.hpp"

using namespace pams;
using namespace pams::milter::seal;
using namespace pams::test;

namespace {

/// A seal taken apart: its head and its chunks, each with length word and tag.
struct Parts {
  std::string head;
  std::vector<std::string> chunks;

  std::string joined() const {
    auto out = head;
    for (const auto& chunk : chunks) out += chunk;
    return out;
  }
};

Parts parts_of(std::string_view sealed) {
  Parts parts{std::string(sealed.substr(0, kHeadSize)), {}};
  for (sealed.remove_prefix(kHeadSize); !sealed.empty();) {
    const auto size = kLengthSize + parse_length(sealed.substr(0, kLengthSize)).value().size + kTagSize;
    parts.chunks.emplace_back(sealed.substr(0, size));
    sealed.remove_prefix(size);
  }
  return parts;
}

/// What is given out of a changed seal is at most what stands before the change.
void check_refused(const Opened& opened, std::string_view message, std::size_t maximum) {
  BOOST_TEST(opened.is_refused());
  BOOST_TEST(opened.message.size() <= maximum);
  BOOST_TEST(message.starts_with(opened.message));
}

/// A seal around any first bytes, authenticated with the right key.
std::string sealed_around(std::string_view plain) {
  const auto head = to_bytes(Head{fixed_key().id(), std::string(32, 'a')});
  auto cipher = ChunkCipher::make(fixed_key(), head, ChunkCipher::Way::Seal).value();
  return head + std::string(cipher.seal(plain, true).value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sealed)

BOOST_AUTO_TEST_CASE(what_was_sealed_opens_to_the_same_bytes_at_every_size) {
  // The contents stand in the first chunk too, so the sizes around its end depend on them.
  const auto first = kChunkSize - kLengthSize - to_json(sample_contents()).size();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, first - 1, first, first + 1, kChunkSize,
                                 first + kChunkSize, first + kChunkSize + 1, std::size_t{5'000'000}}) {
    const auto message = noise(size);
    const auto opened = open(pams::test::seal(message));
    BOOST_TEST_CONTEXT(size) {
      BOOST_TEST(opened.status.has_value());
      BOOST_TEST((opened.contents == sample_contents()));
      BOOST_TEST((opened.message == message));
    }
  }
}

BOOST_AUTO_TEST_CASE(pieces_of_any_size_make_no_difference) {
  const auto message = noise(150'000);
  for (const std::size_t piece : {1U, 3U, 4U, 57U, 65'535U, 65'536U, 65'537U}) {
    const auto sealed = pams::test::seal(message, sample_contents(), fixed_key(), piece);
    BOOST_TEST(sealed.size() == pams::test::seal(message).size());
    const auto opened = open(sealed, KeyRing({fixed_key()}), piece);
    BOOST_TEST(opened.status.has_value(), piece);
    BOOST_TEST((opened.message == message), piece);
  }
}

BOOST_AUTO_TEST_CASE(every_byte_of_the_envelope_comes_back) {
  Contents contents = sample_contents();
  contents.kind = Contents::Kind::JournalReport;
  for (int byte = 0; byte < 256; ++byte) contents.sender += static_cast<char>(byte);
  contents.recipients.push_back({contents.sender, "\xFF\xC3\x28\"\\"});
  contents.envelope_id = "ENVID=1+3D";
  contents.size = UINT64_MAX;
  contents.has_8bit = true;
  const auto opened = open(pams::test::seal("x", contents));
  BOOST_TEST_REQUIRE(opened.status.has_value());
  BOOST_TEST((opened.contents == contents));
}

BOOST_AUTO_TEST_CASE(a_long_list_of_recipients_over_several_chunks_is_whole_before_it_is_given_out) {
  Contents contents = sample_contents();
  for (int i = 0; i < 5000; ++i)
    contents.recipients.push_back({"recipient" + std::to_string(i) + "@example.org", "NOTIFY=FAILURE"});
  const auto sealed = pams::test::seal("text", contents);
  const auto opened = open(sealed, KeyRing({fixed_key()}), 1000);
  BOOST_TEST((opened.contents == contents));
  BOOST_TEST(opened.message == "text");
  BOOST_TEST(open(sealed.substr(0, sealed.size() - 1000)).gave_nothing());
}

BOOST_AUTO_TEST_CASE(an_envelope_that_no_reader_would_take_is_not_sealed) {
  Contents contents = sample_contents();
  contents.sender.assign(kLargestContents, 'a');
  std::size_t written = 0;
  Sealer sealer(fixed_key(), contents, [&](std::string_view bytes) -> Status {
    written += bytes.size();
    return {};
  });
  const auto added = sealer.add("x");
  BOOST_TEST_REQUIRE(!added.has_value());
  BOOST_TEST((added.error().failure == Failure::Refused));
  BOOST_TEST(!sealer.finish().has_value());
  BOOST_TEST(written == 0U);
}

BOOST_AUTO_TEST_CASE(each_seal_has_an_id_of_its_own_and_shows_nothing_of_what_it_holds) {
  const auto one = pams::test::seal("the secret text"), two = pams::test::seal("the secret text");
  BOOST_TEST(one.substr(16, 16) != two.substr(16, 16));
  BOOST_TEST(one.substr(kHeadSize + 4) != two.substr(kHeadSize + 4));
  for (const auto* word : {"secret", "ziekenhuis", "zivver", "recipients"})
    BOOST_TEST(one.find(word) == one.npos, word);
  BOOST_TEST(open(one).id == to_hex(one.substr(16, 16)));
}

BOOST_AUTO_TEST_CASE(a_seal_with_one_bit_changed_gives_out_nothing) {
  const auto sealed = pams::test::seal("Hello");
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    auto changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto opened = open(changed);
    BOOST_TEST_CONTEXT(bit) {
      BOOST_TEST(!opened.status.has_value());
      BOOST_TEST(opened.gave_nothing());
      const bool is_key_id = bit >= 8 * 8 && bit < 16 * 8;
      BOOST_TEST((opened.status.error().failure == (is_key_id ? Failure::Misconfigured : Failure::Refused)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_seal_cut_short_anywhere_is_never_complete) {
  const auto sealed = pams::test::seal("Hello");
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    const auto opened = open(sealed.substr(0, size));
    BOOST_TEST(opened.is_refused(), size);
    BOOST_TEST(opened.gave_nothing(), size);
  }
  const auto message = noise(200'000);
  auto parts = parts_of(pams::test::seal(message));
  while (!parts.chunks.empty()) {
    parts.chunks.pop_back();
    check_refused(open(parts.joined()), message, parts.chunks.size() * kChunkSize);
  }
}

BOOST_AUTO_TEST_CASE(chunks_stay_in_their_place_and_in_their_seal) {
  const auto message = noise(250'000);
  const auto parts = parts_of(pams::test::seal(message)), other = parts_of(pams::test::seal(message));
  BOOST_TEST_REQUIRE(parts.chunks.size() == 4U);
  const auto check = [&](std::size_t whole, const auto& change) {
    auto changed = parts;
    change(changed.chunks);
    check_refused(open(changed.joined()), message, whole * kChunkSize);
  };
  check(1, [](auto& chunks) { std::swap(chunks[1], chunks[2]); });
  check(0, [](auto& chunks) { std::swap(chunks[0], chunks[1]); });
  check(2, [](auto& chunks) { chunks.insert(chunks.begin() + 1, chunks[1]); });
  check(1, [](auto& chunks) { chunks.erase(chunks.begin() + 1); });
  check(4, [](auto& chunks) { chunks.push_back(chunks.back()); });
  for (std::size_t i = 0; i < parts.chunks.size(); ++i)
    check(i, [&](auto& chunks) { chunks[i] = other.chunks[i]; });
}

BOOST_AUTO_TEST_CASE(a_middle_chunk_is_not_made_the_last_nor_the_last_a_middle_one) {
  const auto message = noise(150'000);
  auto parts = parts_of(pams::test::seal(message));
  parts.chunks[1][0] = static_cast<char>(0x80);
  check_refused(open(parts.joined()), message, kChunkSize);
  parts.chunks.resize(2);
  check_refused(open(parts.joined()), message, kChunkSize);
}

BOOST_AUTO_TEST_CASE(nothing_may_stand_behind_the_end) {
  for (const auto* tail : {"\n", "PAMSEAL1", "x"})
    BOOST_TEST(open(pams::test::seal("Hello") + tail).is_refused());
  BOOST_TEST(open(pams::test::seal("Hello") + pams::test::seal("Hello")).is_refused());
}

BOOST_AUTO_TEST_CASE(another_key_than_its_own_opens_nothing_and_is_the_postmasters_matter) {
  const auto opened = open(pams::test::seal("Hello"), KeyRing({new_key(kThen)}));
  BOOST_TEST_REQUIRE(!opened.status.has_value());
  BOOST_TEST((opened.status.error().failure == Failure::Misconfigured));
  BOOST_TEST(opened.status.error().what.find(fixed_key().id()) != std::string::npos);
  BOOST_TEST(opened.gave_nothing());
}

BOOST_AUTO_TEST_CASE(an_older_key_of_the_ring_still_opens) {
  BOOST_TEST(open(pams::test::seal("Hello"), KeyRing({new_key(kThen), fixed_key()})).message == "Hello");
}

BOOST_AUTO_TEST_CASE(a_length_that_there_cannot_be_is_refused_before_anything_is_collected) {
  const auto head = pams::test::seal("Hello").substr(0, kHeadSize);
  const KeyRing keys({fixed_key()});
  for (const std::uint32_t word :
       {0U, 1U, 65'535U, 65'537U, 0x7FFF'FFFFU, 0x8000'0000U, 0x8001'0001U, 0xFFFF'FFFFU}) {
    Opener opener(
        keys, [](const auto&, const auto&) -> Status { return {}; },
        [](std::string_view) -> Status { return {}; });
    BOOST_TEST(!opener.add(head + big_endian(word)).has_value(), word);
  }
}

BOOST_AUTO_TEST_CASE(an_envelope_that_is_not_exactly_one_is_refused_even_under_the_right_key) {
  const auto good = to_json(sample_contents());
  const auto with_length = [](std::string_view json) {
    return big_endian(static_cast<std::uint32_t>(json.size())).append(json);
  };
  BOOST_TEST_REQUIRE(open(sealed_around(with_length(good))).status.has_value());
  const auto check = [&](const std::string& from, const std::string& to) {
    auto json = good;
    BOOST_TEST_REQUIRE(json.find(from) != json.npos);
    json.replace(json.find(from), from.size(), to);
    const auto opened = open(sealed_around(with_length(json)));
    BOOST_TEST(opened.is_refused(), json);
    BOOST_TEST(opened.gave_nothing(), json);
  };
  check(R"("kind":"message")", R"("kind":"postcard")");
  check(R"("kind":"message")", R"("kind":"message","more":1)");
  check(R"("kind":"message",)", "");
  check(R"("size":5)", R"("size":-5)");
  check(R"("size":5)", R"("size":"5")");
  check(R"("has_8bit":false)", R"("has_8bit":0)");
  check(R"("sender":"jan)", R"("sender":"\u0141jan)");
  check(R"(,"NOTIFY)", R"(,"","NOTIFY)");
  check("}", "");
  for (const auto& plain : {std::string("\xFF\xFF\xFF\xFF{}"), std::string("\0\0", 2), big_endian(2) + "[]",
                            big_endian(0), big_endian(100) + "{}"})
    BOOST_TEST(open(sealed_around(plain)).is_refused());
}

BOOST_AUTO_TEST_CASE(the_callbacks_failure_is_the_openers_and_stays) {
  const auto sealed = pams::test::seal("Hello");
  unsigned given = 0;
  const KeyRing keys({fixed_key()});
  Opener opener(
      keys, [](const auto&, const auto&) { return fail(Failure::Temporary, "no smart host"); },
      [&](std::string_view) -> Status {
        ++given;
        return {};
      });
  const auto added = opener.add(sealed);
  BOOST_TEST_REQUIRE(!added.has_value());
  BOOST_TEST(added.error().what == "no smart host");
  BOOST_TEST(opener.finish().error().what == "no smart host");
  BOOST_TEST(given == 0U);
}

BOOST_AUTO_TEST_CASE(a_callback_that_throws_leaves_an_opener_that_only_fails) {
  const KeyRing keys({fixed_key()});
  Opener opener(
      keys, [](const auto&, const auto&) -> Status { throw std::bad_alloc(); },
      [](std::string_view) -> Status { return {}; });
  BOOST_CHECK_THROW(static_cast<void>(opener.add(pams::test::seal("Hello"))), std::bad_alloc);
  BOOST_TEST(!opener.finish().has_value());
}

BOOST_AUTO_TEST_CASE(a_sealer_whose_sink_failed_never_finishes) {
  unsigned calls = 0;
  Sealer sealer(fixed_key(), sample_contents(), [&](std::string_view) -> Status {
    if (++calls == 2) return fail(Failure::Temporary, "disk full");
    return {};
  });
  BOOST_TEST(!sealer.add(noise(200'000)).has_value());
  BOOST_TEST(!sealer.finish().has_value());
  BOOST_TEST(calls == 2U);
}

/// The vectors of milter/seal/README.md, made by another implementation.
BOOST_AUTO_TEST_CASE(the_format_is_what_its_test_vectors_say) {
  const auto fixed = [](std::string_view message) {
    std::string out;
    auto sealer = FixedSeal::sealer("ffeeddccbbaa99887766554433221100", fixed_key(), sample_contents(),
                                    [&](std::string_view bytes) -> Status {
                                      out += bytes;
                                      return {};
                                    });
    BOOST_TEST_REQUIRE(feed(sealer, message, 1000).has_value());
    return out;
  };
  const auto small =
      from_hex(
          "50414d5345414c31e7b8e8762750fad3ffeeddccbbaa9988776655443322110080000108f86bedf77adf1d3924d68adb360a34168a12b2025d2c0617b44747293e63a691727d96ed9b52b707bd2ca148bb8fe60778071800af2bc28b0ccd5881"
          "be784438ac5ba8400a39cf416a344d81f3edca5bdf8157672e82aedda1b0fefc34bfba7b73988bd0752b60b3fe1f3e9e05ff2c6613193ef0beef2ae32a45da448b6de41145f50b1eefd7e7614de740d4189d301746b788551f9486d2d48401de"
          "1c8b18bacc7d2d62c8e19fb23a230b8493ba96500d3d01f94d147866f141f460b4d70c61460aff77df6a7645ce2634302ad4bc806c8d9ab9bf2748eb2a8805fbc345b3b833cfec440dc0cbe352e7df83b25a5c871a0b740874e3670cdd2fde59"
          "6fe6201cdd2baba7d36b0250402e1bf3208faf4d1da4571957f4dc2c")
          .value();
  BOOST_TEST(to_hex(fixed("Hello")) == to_hex(small));
  BOOST_TEST(open(small).message == "Hello");
  BOOST_TEST(milter::Sha256().add(fixed(std::string(200'000, 'x'))).hex() ==
             "01745b0c3dfd6fdf293b496e0b9687464898d82ea3227a5c59b62c616ef1164c");
}

BOOST_AUTO_TEST_CASE(an_id_that_is_none_makes_no_seal) {
  for (const auto* id : {"", "ffeeddccbbaa9988776655443322110", "FFEEDDCCBBAA99887766554433221100"})
    BOOST_CHECK_THROW(FixedSeal::sealer(id, fixed_key(), sample_contents(), {}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(nothing_can_be_added_to_a_finished_seal) {
  Sealer sealer(fixed_key(), sample_contents(), [](std::string_view) -> Status { return {}; });
  BOOST_TEST(sealer.finish().has_value());
  BOOST_TEST(!sealer.add("x").has_value());
  BOOST_TEST(!sealer.finish().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
