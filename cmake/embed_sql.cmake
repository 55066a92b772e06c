# Run at build time: writes one C++ file that holds the SQL of a folder (or one file) as constants.
#   cmake -DOUT=file -DNAME=identifier -DFILES="a;b" -P embed_sql.cmake
set(body "// Made from sql/. Do not edit.\n#include \"lib/store/sql.h\"\n\nnamespace certfleet::store::sql {\n\n")
string(APPEND body "const std::vector<File>& ${NAME}() {\n  static const std::vector<File> files = {\n")
string(REPLACE "," ";" FILES "${FILES}")
foreach(file ${FILES})
  get_filename_component(stem ${file} NAME_WE)
  file(READ ${file} text)
  string(APPEND body "      {\"${stem}\", R\"sql(${text})sql\"},\n")
endforeach()
string(APPEND body "  };\n  return files;\n}\n\n}  // namespace certfleet::store::sql\n")
file(WRITE ${OUT} "${body}")
