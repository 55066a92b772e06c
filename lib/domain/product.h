// What is ordered (manual 8.4.3), by the manual's numbers and by a word for each.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace certfleet::domain {

enum class Product {
  secure_server_ov = 0,
  secure_server_ev = 1,
  global_server_ov = 2,
  global_server_ev = 3,
  true_businessid = 10,
  true_businessid_ev = 11,
};
inline constexpr std::array all_products = {Product::secure_server_ov, Product::secure_server_ev,
                                            Product::global_server_ov, Product::global_server_ev,
                                            Product::true_businessid,  Product::true_businessid_ev};

constexpr int number_of(Product product) { return static_cast<int>(product); }
std::string_view to_string(Product product);  // "secure-server-ov", …
// The manual's name of it, for people.
std::string_view title_ja(Product product);
std::string_view title_en(Product product);
bool is_ev(Product product);

std::optional<Product> product_of(int number);
// By number or by word: "10", "true-businessid".
std::optional<Product> product_from(std::string_view text);

}  // namespace certfleet::domain
