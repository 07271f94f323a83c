/* vectors.h: a key and a token of it for each algorithm, made and signed by another library (Python's cryptography). */
#ifndef HECATE_TEST_CRYPTO_VECTORS_H
#define HECATE_TEST_CRYPTO_VECTORS_H

#include "crypto/crypto.h"

/* clang-format off */
static const struct {
    Alg alg;
    const char *kid, *jwk, *token; /* the claims are {"sub":"joe"} */
} vectors[] = {
    { ALG_HS256, "hs",
      "{\"alg\":\"HS256\",\"k\":\"eA-GdFdGk0x7SwQhzrnSvh04RoCEqbdK4TZowgCZ6Cg\",\"key_ops\":[\"sign\",\"verify\"],\"kid\":\"hs\",\"kty\":"
      "\"oct\",\"use\":\"sig\"}",
      "eyJhbGciOiJIUzI1NiIsImtpZCI6ImhzIiwidHlwIjoiSldUIn0.eyJzdWIiOiJqb2UifQ.MH_yJ_2zXZwthazj99IKB5SUuK5_IuqUZtPqCTZ"
      "KELM" },
    { ALG_RS256, "rs",
      "{\"alg\":\"RS256\",\"d\":\"NEgz78VS_zIec7hgoVzWCS9NizFpMIJ8ssxCTYqpSy879lo1AXXpLlLI3spljnDXM8onq44wnssp7REAR9moPChuE-"
      "xvFkPK09IX1X2MFuTG2RcqJsQMN_lS6o_rfdn4K5UoD4mv5cyINtAgvYHgum9oPqnFOO4ywASmrY2PcXy1xxIY8L1IgMSKoblPCg6groS2Efob"
      "3ZHOg1qghzSnTNvjqq_ViBnirpCRbz4YVzWEI8zvEEP_eiSalj4OUs99J3jHghE0ZIjB8ewvu1z45j7ES14eIi6vDqb5sqnw_Yfl7wwQU1eCoZ"
      "vBZhxICBmxip1e83capqXh6TdQlyeygQ\",\"dp\":\"DnbULp9H2aBWNj4ilCgwrjuU__FFVcs1AFDhuymzxgTMKDpnJKgQszKImC41nYjUYPsUUQ"
      "3zlKkG1m7cIoAjQuchjZuZvnouQhrjIDyZ99oxs3X_kdd0r97WMfdPshhDEwdRgPlNCf_AvMjueWHGdxVz1sLGNQdUYp-MqFwAm9E\",\"dq\":\"W"
      "ZRFGDwobYrrUfetl_UyYFx8EUNmQRWvzcivRwMpA2-LKdOcYHF5ktD8YDhnI3r7qix1XrFFYVbCBzB5ej0Xs5KUZ9kRFufro44lZySFvTQLibf"
      "3UVl382CzQMuo0FhZYYnQHPiolmBghLT3UYZShAK1686JSpJXiUQvjwhelXc\",\"e\":\"AQAB\",\"key_ops\":[\"sign\",\"verify\"],\"kid\":\"rs"
      "\",\"kty\":\"RSA\",\"n\":\"g84iMNtawuBsxpikbw6HfAPZBx6SKIeiTV9qQR9N2qmvxt2Q9FRmnXG2gzP_xZtzqEA9qcrI8QeH3FdDfA9xJdxpsEx"
      "KPRV6imN1Qw540Mdzv4mLdkXAOgmjyQneLkxl_2wVod-dhKwJ9ZquyuNETnex_Mow8ycmtBaY77HRvvkd0zrhlAsvi6cVlKNfBQz_97v8Iindo"
      "Wr2n9NtDFUlOHsBh1FZ4yyEHcOiA6PzasuG1TgQNRrJEfLcsHJmjc_jYknfjXrhPhAl69kNVl4PHO4EZvBdwuTsL-dZOo-YwWTlH2xiwwhYNAO"
      "xP5ffElb8xvPOge_fIn_zF1covnXGPw\",\"p\":\"udV5eSw83wl6IdfKt4T8QduGuedFqWfgDr-2uvcp_eu7zFYWiV7E_oGSBxEAvWzZf2VKbtMd"
      "fXImA5kljrFyU4eTbx67TIe9kVi9qPagHetNBMCqoAuRwdh037SacYTm0jMdxm00teon3_bt5gQbi5BU7QKbqvYVejNBFkQAMRE\",\"q\":\"tZJM"
      "iRx4E3jefeXaQwVY1wh_vZ1Ts2uhjfl37PQlxY5_d-8jGWP92UWAlWVE39Tr4_j_SeJfdaILbr9ftK0oWHEgaP_HHqQm81J8PMpxwg0Jys467u"
      "mAIyjJ4RCx9Mgz0-iLl_f_7dQs2pne-LyZBLBjToXEzQgNlWEZo5G8gk8\",\"qi\":\"aGDHLjwe_8KAqrt1IuGoI1sqCgXCWvdUGoun_FBz80ubi"
      "0WB7vafVlQs6p07tlEhXqyEJ3cpwqsBIWqB18Wop319ytaFL535HD9lez4mAIQ7UlKdMK6wY08nVc9hY7Gvkcx3TAiYrJad29FlNrF89RUydFb"
      "CbNeglll8Gtfuwwg\",\"use\":\"sig\"}",
      "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzIiwidHlwIjoiSldUIn0.eyJzdWIiOiJqb2UifQ.DL8jHZj1dIprA_KBPqM1dnIZybnji-GNECzPLmM"
      "KmGveQczcVNbj_Y0c6S-FTrqs7GiswFGOmslv_KLLuEnBlk5WFTtxSZjvqamOBxXc32ndGbFvwRDHowerSiKypaTvNDQmQaGC3Lr73kFXk38Ci"
      "Xug3GKRZylUQAl2yekNw3wvUVMATzTNEG75CUd2nmal1BJEK2qdY0SlxBdyHDN222zrXmIhKIbUiFwBqk5vmHiUadHpoBu9qkjvrlAFTIs0_Jt"
      "RG3mEG4xvaa_NLdtjghRh1xQL0NQqVh5dXqGE37gEdMhyNI6S7xL1PbakIxA4RVVzru8F1BrddV1LfLs2Kw" },
    { ALG_RS512, "rs5",
      "{\"alg\":\"RS512\",\"d\":\"NEgz78VS_zIec7hgoVzWCS9NizFpMIJ8ssxCTYqpSy879lo1AXXpLlLI3spljnDXM8onq44wnssp7REAR9moPChuE-"
      "xvFkPK09IX1X2MFuTG2RcqJsQMN_lS6o_rfdn4K5UoD4mv5cyINtAgvYHgum9oPqnFOO4ywASmrY2PcXy1xxIY8L1IgMSKoblPCg6groS2Efob"
      "3ZHOg1qghzSnTNvjqq_ViBnirpCRbz4YVzWEI8zvEEP_eiSalj4OUs99J3jHghE0ZIjB8ewvu1z45j7ES14eIi6vDqb5sqnw_Yfl7wwQU1eCoZ"
      "vBZhxICBmxip1e83capqXh6TdQlyeygQ\",\"dp\":\"DnbULp9H2aBWNj4ilCgwrjuU__FFVcs1AFDhuymzxgTMKDpnJKgQszKImC41nYjUYPsUUQ"
      "3zlKkG1m7cIoAjQuchjZuZvnouQhrjIDyZ99oxs3X_kdd0r97WMfdPshhDEwdRgPlNCf_AvMjueWHGdxVz1sLGNQdUYp-MqFwAm9E\",\"dq\":\"W"
      "ZRFGDwobYrrUfetl_UyYFx8EUNmQRWvzcivRwMpA2-LKdOcYHF5ktD8YDhnI3r7qix1XrFFYVbCBzB5ej0Xs5KUZ9kRFufro44lZySFvTQLibf"
      "3UVl382CzQMuo0FhZYYnQHPiolmBghLT3UYZShAK1686JSpJXiUQvjwhelXc\",\"e\":\"AQAB\",\"key_ops\":[\"sign\",\"verify\"],\"kid\":\"rs"
      "5\",\"kty\":\"RSA\",\"n\":\"g84iMNtawuBsxpikbw6HfAPZBx6SKIeiTV9qQR9N2qmvxt2Q9FRmnXG2gzP_xZtzqEA9qcrI8QeH3FdDfA9xJdxpsE"
      "xKPRV6imN1Qw540Mdzv4mLdkXAOgmjyQneLkxl_2wVod-dhKwJ9ZquyuNETnex_Mow8ycmtBaY77HRvvkd0zrhlAsvi6cVlKNfBQz_97v8Iind"
      "oWr2n9NtDFUlOHsBh1FZ4yyEHcOiA6PzasuG1TgQNRrJEfLcsHJmjc_jYknfjXrhPhAl69kNVl4PHO4EZvBdwuTsL-dZOo-YwWTlH2xiwwhYNA"
      "OxP5ffElb8xvPOge_fIn_zF1covnXGPw\",\"p\":\"udV5eSw83wl6IdfKt4T8QduGuedFqWfgDr-2uvcp_eu7zFYWiV7E_oGSBxEAvWzZf2VKbtM"
      "dfXImA5kljrFyU4eTbx67TIe9kVi9qPagHetNBMCqoAuRwdh037SacYTm0jMdxm00teon3_bt5gQbi5BU7QKbqvYVejNBFkQAMRE\",\"q\":\"tZJ"
      "MiRx4E3jefeXaQwVY1wh_vZ1Ts2uhjfl37PQlxY5_d-8jGWP92UWAlWVE39Tr4_j_SeJfdaILbr9ftK0oWHEgaP_HHqQm81J8PMpxwg0Jys467"
      "umAIyjJ4RCx9Mgz0-iLl_f_7dQs2pne-LyZBLBjToXEzQgNlWEZo5G8gk8\",\"qi\":\"aGDHLjwe_8KAqrt1IuGoI1sqCgXCWvdUGoun_FBz80ub"
      "i0WB7vafVlQs6p07tlEhXqyEJ3cpwqsBIWqB18Wop319ytaFL535HD9lez4mAIQ7UlKdMK6wY08nVc9hY7Gvkcx3TAiYrJad29FlNrF89RUydF"
      "bCbNeglll8Gtfuwwg\",\"use\":\"sig\"}",
      "eyJhbGciOiJSUzUxMiIsImtpZCI6InJzNSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJqb2UifQ.ZmW8HaDwuzZBO0Sz0JtyiKJXYg8CYGC4lnZ2c1"
      "7RuFczzZOtIHm0mjOZmuCWqAIRM2beN8IVi2vxyYynrlkExpAXL2298U0YJCmf5hoeC8ggZCIP44pAv3ZdcIfbHkqWfP2fAvYIjM9pfrqYNqua"
      "RaSAQ8L_iQ0kJtBydPK3E679utv9f9eyO5WzctaX9dGsbpcJBNCkwTZzzgL6MBNY0vClmBEns8301cwXL0U6j7moquVQdokbsLl9t6HZwQwuKU"
      "rlZ3Y1APBW-GTYuYlQh65K3lyUCPffASij8OY06iAgWzTPgmFzPiO6bsXGKzRI-z-_nXfgA1dfbmL32ycaVg" },
    { ALG_ES256, "es",
      "{\"alg\":\"ES256\",\"crv\":\"P-256\",\"d\":\"vH1I4uagD37aNc3Ic--akEInuEvsKZf_SGaiRJdqwBk\",\"key_ops\":[\"sign\",\"verify\"],\"ki"
      "d\":\"es\",\"kty\":\"EC\",\"use\":\"sig\",\"x\":\"bIbpt052PCK7wAO32Xb8ydacjkDYGPwFLN7uQHwUPhQ\",\"y\":\"Y7GuZCFb081XsmP41Y-tfzP5"
      "1qzYbgBq1dprMcU-jf4\"}",
      "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVzIiwidHlwIjoiSldUIn0.eyJzdWIiOiJqb2UifQ.jfwjNQmD4GOGjxlVXd_tENsMPIFQ6TUc5ahUlKD"
      "vfS3RT1SBxAGCtHO1sIxRwFNKx-LcEyn_sug_vjjbznUFfg" },
    { ALG_ES512, "es5",
      "{\"alg\":\"ES512\",\"crv\":\"P-521\",\"d\":\"ARDmCHe8O316kS43ZWx817yIT3UC_rPm878a7zXH-LdSIeZMd0t0-EP9Omn1lJX-JPPKoPCA6xq4"
      "6I9r-sm4fmmn\",\"key_ops\":[\"sign\",\"verify\"],\"kid\":\"es5\",\"kty\":\"EC\",\"use\":\"sig\",\"x\":\"AXGVCJdg0-bJ_acuOr38NCVp2pWT"
      "Zb_TxeEfgg6Xzl9BiOTrLuiiaDXdsRw_AHUabtZlfop38C9eXVRoRDyc140l\",\"y\":\"AWnb2sd12D502quTBCzxBYInCLvO7GO6lZoIFy1phKk"
      "TFvoUpGaHLZ_w3l9kSqz5gWM4184f2vlgBh0N_C8jCdEY\"}",
      "eyJhbGciOiJFUzUxMiIsImtpZCI6ImVzNSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJqb2UifQ.AGjtz619K283r17I-B2mz8OC8cFqeEczx69PNh"
      "Xloqr648Je4LnQ7BuFZwoz3yqyVCd2cw4PQiUI7HXzn21_YS4zAdNcfVAPjXMwvCCYJp-kR25gqOxysbl3YSDBzfo6cegYNmWvzSEUcc1clXyd"
      "VWARp1JNUgkED9iDr0XySwzc-Lai" },
    { ALG_EDDSA, "ed",
      "{\"alg\":\"EdDSA\",\"crv\":\"Ed25519\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\"key_ops\":[\"sign\",\"verify\"],\""
      "kid\":\"ed\",\"kty\":\"OKP\",\"use\":\"sig\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
      "eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIiwidHlwIjoiSldUIn0.eyJzdWIiOiJqb2UifQ.JXZ9WrONFe88ENbc89_HuiQTKj65n0ccZO-8IIa"
      "A0hHH_LbIj4GgVZkt_9emTKjCVgK3uzxMb57xaH1YgEtkBQ" },
};
/* clang-format on */

#endif
