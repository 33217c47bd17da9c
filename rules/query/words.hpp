/// The words of a text, as the archive's index keeps them and its queries ask for them: both sides go through
/// this, so that what reads alike is found. A word is a run of letters, marks and digits, folded
/// (rules/unicode/fold.hpp); accents of Latin, Greek and Arabic letters are dropped; each character of a
/// script that is written without blanks (Han, kana, Thai) is a word of its own, and so a phrase finds what
/// stands inside a run of them. Everything else parts words. Pure; any thread. Linear.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pams::query {

/// Stands between texts that no phrase and no NEAR may bridge; never a word of a text.
inline constexpr std::string_view kBoundary = "\xEE\x80\x80";

/// The words with one blank between each two. They hold ASCII letters (small) and digits, and characters
/// beyond ASCII.
std::string words_in(std::string_view utf8);

/// Blank-separated words, apart.
std::vector<std::string_view> split_words(std::string_view words);

/// A whole address as one word, unlike any word of a text. "@example.org" gives the word for all addresses of
/// exactly that domain.
std::string address_word(std::string_view address);

/// All that one address of a message is found by: the words of `address`, address_word() and that of its
/// domain.
std::string address_words(std::string_view address);

}  // namespace pams::query
